export interface ProjectRow {
  id: string;
  slug: string;
  name: string;
  createdAt: Date;
}

export interface Projects {
  /** The project of that slug, made when missing. An existing one keeps its name. */
  ensure(project: { slug: string; name: string }): Promise<ProjectRow>;
  /** By slug. */
  list(): Promise<ProjectRow[]>;
  get(slug: string): Promise<ProjectRow | null>;
}
