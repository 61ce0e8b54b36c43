-- AlterTable
ALTER TABLE "attempt" DROP COLUMN "environment";

-- AlterTable
ALTER TABLE "worker" ADD COLUMN     "environment" JSONB;
