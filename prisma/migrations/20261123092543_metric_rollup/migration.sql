-- CreateTable
CREATE TABLE "metric_rollup" (
    "stage_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "bucket" INTEGER NOT NULL,
    "min" DOUBLE PRECISION NOT NULL,
    "max" DOUBLE PRECISION NOT NULL,
    "last_step" INTEGER NOT NULL,
    "last" DOUBLE PRECISION NOT NULL,
    "is_stale" BOOLEAN NOT NULL,

    CONSTRAINT "metric_rollup_pkey" PRIMARY KEY ("stage_id","key","bucket")
);

-- AddForeignKey
ALTER TABLE "metric_rollup" ADD CONSTRAINT "metric_rollup_stage_id_fkey" FOREIGN KEY ("stage_id") REFERENCES "stage"("id") ON DELETE CASCADE ON UPDATE CASCADE;
