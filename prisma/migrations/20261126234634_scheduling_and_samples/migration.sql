-- DropIndex
DROP INDEX "stage_ready_idx";

-- AlterTable
ALTER TABLE "attempt" ADD COLUMN     "accumulate" INTEGER NOT NULL DEFAULT 1;

-- AlterTable
ALTER TABLE "project" ADD COLUMN     "max_running" INTEGER,
ADD COLUMN     "share" DOUBLE PRECISION NOT NULL DEFAULT 1;

-- AlterTable
ALTER TABLE "run" ADD COLUMN     "paused_at" TIMESTAMPTZ(6),
ADD COLUMN     "priority" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "stage" ADD COLUMN     "accumulate" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN     "is_paused" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "preempt_requested" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "project_id" UUID,
ADD COLUMN     "quarantined_at" TIMESTAMPTZ(6);

-- AlterTable
ALTER TABLE "worker" ADD COLUMN     "is_draining" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "worker_sample" (
    "worker_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "cpu_load" DOUBLE PRECISION NOT NULL,
    "memory_used_bytes" BIGINT NOT NULL,
    "memory_total_bytes" BIGINT NOT NULL,
    "own_memory_bytes" BIGINT NOT NULL,
    "gpus" JSONB NOT NULL,

    CONSTRAINT "worker_sample_pkey" PRIMARY KEY ("worker_id","at")
);

-- CreateIndex
CREATE INDEX "worker_sample_at_idx" ON "worker_sample"("at");

-- CreateIndex
CREATE INDEX "stage_ready_idx" ON "stage"("project_id", "priority" DESC, "ready_at", "id") WHERE (status = 'ready' AND NOT is_paused);

-- AddForeignKey
ALTER TABLE "stage" ADD CONSTRAINT "stage_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "worker_sample" ADD CONSTRAINT "worker_sample_worker_id_fkey" FOREIGN KEY ("worker_id") REFERENCES "worker"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Stages from before belong to the project of the newest run that asked for them.
UPDATE "stage" SET "project_id" = (
  SELECT r."project_id" FROM "run_stage" rs JOIN "run" r ON r."id" = rs."run_id"
  WHERE rs."stage_id" = "stage"."id" ORDER BY r."id" DESC LIMIT 1
);
