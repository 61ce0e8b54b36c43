-- CreateEnum
CREATE TYPE "sweep_status" AS ENUM ('running', 'paused', 'finished', 'cancelled', 'failed');

-- AlterEnum
ALTER TYPE "run_status" ADD VALUE 'pruned';

-- AlterTable
ALTER TABLE "attempt" ADD COLUMN     "environment" JSONB;

-- AlterTable
ALTER TABLE "project" ADD COLUMN     "is_isolated" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "stage" ADD COLUMN     "prune_requested" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "sweep" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "recipe" TEXT NOT NULL,
    "params" JSONB NOT NULL,
    "search" JSON NOT NULL,
    "objective" JSONB NOT NULL,
    "watch" JSONB,
    "max_concurrent_runs" INTEGER,
    "priority" INTEGER NOT NULL DEFAULT 0,
    "status" "sweep_status" NOT NULL,
    "sampler_state" JSONB,
    "is_complete" BOOLEAN NOT NULL DEFAULT false,
    "fingerprints" JSONB NOT NULL DEFAULT '{}',
    "error" JSONB,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "sweep_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "trial" (
    "sweep_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "point_key" TEXT NOT NULL,
    "point" JSON NOT NULL,
    "seed" INTEGER NOT NULL,
    "run_id" UUID,
    "failure" JSONB,
    "reason" TEXT,
    "stopped_at_step" INTEGER,
    "looks" JSONB NOT NULL DEFAULT '[]',
    "member" INTEGER,
    "origin_trial" INTEGER,
    "origin_step" INTEGER,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "trial_pkey" PRIMARY KEY ("sweep_id","number")
);

-- CreateIndex
CREATE INDEX "sweep_project_id_id_idx" ON "sweep"("project_id", "id" DESC);

-- CreateIndex
CREATE INDEX "sweep_running_idx" ON "sweep"("status") WHERE (status = 'running');

-- CreateIndex
CREATE UNIQUE INDEX "trial_run_id_key" ON "trial"("run_id");

-- CreateIndex
CREATE UNIQUE INDEX "trial_sweep_id_point_key_seed_key" ON "trial"("sweep_id", "point_key", "seed");

-- AddForeignKey
ALTER TABLE "sweep" ADD CONSTRAINT "sweep_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trial" ADD CONSTRAINT "trial_sweep_id_fkey" FOREIGN KEY ("sweep_id") REFERENCES "sweep"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trial" ADD CONSTRAINT "trial_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE SET NULL ON UPDATE CASCADE;
