-- CreateEnum
CREATE TYPE "run_status" AS ENUM ('queued', 'running', 'succeeded', 'failed', 'cancelled');

-- CreateEnum
CREATE TYPE "stage_status" AS ENUM ('pending', 'ready', 'running', 'succeeded', 'failed', 'cancelled', 'pruned');

-- CreateEnum
CREATE TYPE "attempt_status" AS ENUM ('running', 'succeeded', 'failed', 'cancelled', 'lost');

-- CreateEnum
CREATE TYPE "worker_status" AS ENUM ('online', 'draining', 'gone');

-- CreateTable
CREATE TABLE "project" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "project_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "recipe" TEXT NOT NULL,
    "params" JSONB NOT NULL,
    "config_key" TEXT NOT NULL,
    "seed" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "status" "run_status" NOT NULL,
    "error" JSONB,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(6),
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stage" (
    "id" UUID NOT NULL,
    "content_key" TEXT NOT NULL,
    "key_parts" JSONB NOT NULL,
    "kind" TEXT NOT NULL,
    "kind_version" INTEGER NOT NULL,
    "params" JSONB NOT NULL,
    "seed" INTEGER NOT NULL,
    "data_fingerprint" TEXT,
    "resources" JSONB NOT NULL,
    "priority" INTEGER NOT NULL DEFAULT 0,
    "status" "stage_status" NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "budget_start" INTEGER NOT NULL DEFAULT 0,
    "worker_id" UUID,
    "lease_expires_at" TIMESTAMPTZ(6),
    "cancel_requested" BOOLEAN NOT NULL DEFAULT false,
    "progress" JSONB,
    "waiting_reason" TEXT,
    "failure" JSONB,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ready_at" TIMESTAMPTZ(6),
    "woken_at" TIMESTAMPTZ(6),
    "started_at" TIMESTAMPTZ(6),
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "stage_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stage_input" (
    "stage_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "source_stage_id" UUID NOT NULL,
    "artifact_name" TEXT NOT NULL,

    CONSTRAINT "stage_input_pkey" PRIMARY KEY ("stage_id","name")
);

-- CreateTable
CREATE TABLE "run_stage" (
    "run_id" UUID NOT NULL,
    "stage_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "reused" BOOLEAN NOT NULL,

    CONSTRAINT "run_stage_pkey" PRIMARY KEY ("run_id","name")
);

-- CreateTable
CREATE TABLE "attempt" (
    "stage_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "worker_id" UUID NOT NULL,
    "status" "attempt_status" NOT NULL,
    "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(6),
    "failure" JSONB,
    "last_output" TEXT,
    "resumed_from_step" INTEGER,
    "dropped_points" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "attempt_pkey" PRIMARY KEY ("stage_id","number")
);

-- CreateTable
CREATE TABLE "metric" (
    "stage_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "attempt" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "metric_pkey" PRIMARY KEY ("stage_id","key","step")
);

-- CreateTable
CREATE TABLE "metric_latest" (
    "stage_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "metric_latest_pkey" PRIMARY KEY ("stage_id","key")
);

-- CreateTable
CREATE TABLE "log_line" (
    "stage_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "level" TEXT NOT NULL,
    "message" TEXT NOT NULL,

    CONSTRAINT "log_line_pkey" PRIMARY KEY ("stage_id","seq")
);

-- CreateTable
CREATE TABLE "artifact" (
    "id" UUID NOT NULL,
    "stage_id" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "meta" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "artifact_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "checkpoint" (
    "stage_id" UUID NOT NULL,
    "step" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "checkpoint_pkey" PRIMARY KEY ("stage_id","step")
);

-- CreateTable
CREATE TABLE "worker" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "devices" TEXT[],
    "threads" INTEGER NOT NULL,
    "memory_bytes" BIGINT NOT NULL,
    "status" "worker_status" NOT NULL,
    "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "heartbeat_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "worker_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" BIGSERIAL NOT NULL,
    "job" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "available_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sent_at" TIMESTAMPTZ(6),

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "evaluation" (
    "id" UUID NOT NULL,
    "stage_id" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "dataset" TEXT NOT NULL,
    "split" TEXT NOT NULL,
    "condition" TEXT NOT NULL,
    "num_samples" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "evaluation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "evaluation_metric" (
    "evaluation_id" UUID NOT NULL,
    "metric" TEXT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "evaluation_metric_pkey" PRIMARY KEY ("evaluation_id","metric")
);

-- CreateTable
CREATE TABLE "evaluation_sample" (
    "evaluation_id" UUID NOT NULL,
    "index" INTEGER NOT NULL,
    "sample_id" TEXT NOT NULL,
    "cluster_id" TEXT NOT NULL,
    "score" DOUBLE PRECISION NOT NULL,
    "detail" JSONB NOT NULL,
    "image_sha256" TEXT,

    CONSTRAINT "evaluation_sample_pkey" PRIMARY KEY ("evaluation_id","index")
);

-- CreateTable
CREATE TABLE "login_token" (
    "hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "used_at" TIMESTAMPTZ(6),

    CONSTRAINT "login_token_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "session" (
    "hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "session_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(6),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "project_slug_key" ON "project"("slug");

-- CreateIndex
CREATE INDEX "run_project_id_id_idx" ON "run"("project_id", "id" DESC);

-- CreateIndex
CREATE INDEX "run_recipe_config_key_idx" ON "run"("recipe", "config_key");

-- CreateIndex
CREATE INDEX "run_live_idx" ON "run"("status") WHERE (finished_at IS NULL);

-- CreateIndex
CREATE UNIQUE INDEX "stage_content_key_key" ON "stage"("content_key");

-- CreateIndex
CREATE INDEX "stage_ready_idx" ON "stage"("priority" DESC, "ready_at", "id") WHERE (status = 'ready');

-- CreateIndex
CREATE INDEX "stage_running_idx" ON "stage"("lease_expires_at") WHERE (status = 'running');

-- CreateIndex
CREATE INDEX "stage_kind_status_idx" ON "stage"("kind", "status");

-- CreateIndex
CREATE INDEX "stage_input_source_stage_id_idx" ON "stage_input"("source_stage_id");

-- CreateIndex
CREATE INDEX "run_stage_stage_id_idx" ON "run_stage"("stage_id");

-- CreateIndex
CREATE INDEX "attempt_worker_id_idx" ON "attempt"("worker_id");

-- CreateIndex
CREATE INDEX "artifact_sha256_idx" ON "artifact"("sha256");

-- CreateIndex
CREATE UNIQUE INDEX "artifact_stage_id_name_key" ON "artifact"("stage_id", "name");

-- CreateIndex
CREATE INDEX "checkpoint_sha256_idx" ON "checkpoint"("sha256");

-- CreateIndex
CREATE INDEX "worker_status_heartbeat_at_idx" ON "worker"("status", "heartbeat_at");

-- CreateIndex
CREATE INDEX "outbox_unsent_idx" ON "outbox"("available_at") WHERE (sent_at IS NULL);

-- CreateIndex
CREATE UNIQUE INDEX "evaluation_stage_id_dataset_split_condition_key" ON "evaluation"("stage_id", "dataset", "split", "condition");

-- CreateIndex
CREATE INDEX "evaluation_sample_image_idx" ON "evaluation_sample"("image_sha256") WHERE (image_sha256 IS NOT NULL);

-- CreateIndex
CREATE UNIQUE INDEX "api_key_hash_key" ON "api_key"("hash");

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stage_input" ADD CONSTRAINT "stage_input_stage_id_fkey" FOREIGN KEY ("stage_id") REFERENCES "stage"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stage_input" ADD CONSTRAINT "stage_input_source_stage_id_fkey" FOREIGN KEY ("source_stage_id") REFERENCES "stage"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run_stage" ADD CONSTRAINT "run_stage_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run_stage" ADD CONSTRAINT "run_stage_stage_id_fkey" FOREIGN KEY ("stage_id") REFERENCES "stage"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attempt" ADD CONSTRAINT "attempt_stage_id_fkey" FOREIGN KEY ("stage_id") REFERENCES "stage"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attempt" ADD CONSTRAINT "attempt_worker_id_fkey" FOREIGN KEY ("worker_id") REFERENCES "worker"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "metric" ADD CONSTRAINT "metric_stage_id_fkey" FOREIGN KEY ("stage_id") REFERENCES "stage"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "metric_latest" ADD CONSTRAINT "metric_latest_stage_id_fkey" FOREIGN KEY ("stage_id") REFERENCES "stage"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "log_line" ADD CONSTRAINT "log_line_stage_id_fkey" FOREIGN KEY ("stage_id") REFERENCES "stage"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "artifact" ADD CONSTRAINT "artifact_stage_id_fkey" FOREIGN KEY ("stage_id") REFERENCES "stage"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "checkpoint" ADD CONSTRAINT "checkpoint_stage_id_fkey" FOREIGN KEY ("stage_id") REFERENCES "stage"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_stage_id_fkey" FOREIGN KEY ("stage_id") REFERENCES "stage"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation_metric" ADD CONSTRAINT "evaluation_metric_evaluation_id_fkey" FOREIGN KEY ("evaluation_id") REFERENCES "evaluation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluation_sample" ADD CONSTRAINT "evaluation_sample_evaluation_id_fkey" FOREIGN KEY ("evaluation_id") REFERENCES "evaluation"("id") ON DELETE CASCADE ON UPDATE CASCADE;
