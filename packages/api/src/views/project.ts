import { SpecError } from "@retort/core";
import type { Database } from "@retort/db";
import type { Project } from "../contract/project.ts";

/**
 * The project with this slug; without one, the only project there is.
 * @throws SpecError UNKNOWN_PROJECT, AMBIGUOUS_PROJECT naming the projects
 */
export async function findProject(db: Database, slug: string | undefined): Promise<Project> {
  const projects = await db.projects.list();
  const slugs = projects.map((project) => project.slug).join(", ");
  const found = slug === undefined ? projects : projects.filter((project) => project.slug === slug);
  if (found.length === 1) return found[0]!;
  if (slug === undefined && projects.length > 1) {
    throw new SpecError({
      code: "AMBIGUOUS_PROJECT",
      message: "There are several projects; name one",
      expected: `one of ${slugs}`,
      where: "project",
    });
  }
  throw new SpecError({
    code: "UNKNOWN_PROJECT",
    message: slug === undefined ? "There is no project yet" : `There is no project "${slug}"`,
    expected: slugs === "" ? undefined : `one of ${slugs}`,
    got: slug,
    where: "project",
    fix: "`npm start` creates the project demo",
  });
}
