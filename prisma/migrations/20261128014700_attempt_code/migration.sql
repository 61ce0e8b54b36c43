-- AlterTable
ALTER TABLE "attempt" ADD COLUMN     "git_commit" TEXT,
ADD COLUMN     "git_diff_bytes" BIGINT,
ADD COLUMN     "git_diff_sha256" TEXT,
ADD COLUMN     "is_git_diff_kept" BOOLEAN NOT NULL DEFAULT false;

-- CreateIndex
CREATE INDEX "attempt_git_diff_idx" ON "attempt"("git_diff_sha256") WHERE (git_diff_sha256 IS NOT NULL);
