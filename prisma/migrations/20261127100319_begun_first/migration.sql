-- DropIndex
DROP INDEX "stage_ready_idx";

-- CreateIndex
CREATE INDEX "stage_ready_idx" ON "stage"("project_id", "is_light", "priority" DESC, "attempt" DESC, "ready_at", "id") WHERE (status = 'ready' AND NOT is_paused);
