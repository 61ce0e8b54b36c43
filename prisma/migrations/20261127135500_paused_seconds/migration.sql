-- AlterTable
ALTER TABLE "run" ADD COLUMN     "paused_seconds" DOUBLE PRECISION NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "sweep" ADD COLUMN     "paused_at" TIMESTAMPTZ(6),
ADD COLUMN     "paused_seconds" DOUBLE PRECISION NOT NULL DEFAULT 0;
