// Loaded into every process that `npm start` starts: when the start script is killed, its children do not stay behind.
if (process.channel) {
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
  // Listening alone does not keep a process alive that has nothing left to do.
  process.channel.unref();
}
