-- DropIndex
DROP INDEX "stage_ready_idx";

-- AlterTable
ALTER TABLE "stage" ADD COLUMN     "is_light" BOOLEAN NOT NULL DEFAULT false;

-- CreateIndex
CREATE INDEX "stage_ready_idx" ON "stage"("project_id", "is_light", "priority" DESC, "ready_at", "id") WHERE (status = 'ready' AND NOT is_paused);
