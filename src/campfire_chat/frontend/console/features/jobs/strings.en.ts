const attempts = (count: number) => (count === 1 ? "1 attempt" : `${count} attempts`);

export const en = {
  title: "Jobs",
  help: "Work that is done later, such as ending a snooze. What has failed for good waits here until you decide.",
  groups: { parked: "Failed", pending: "Waiting" },
  groupLabel: "Which jobs",
  list: (group: string) => `Jobs: ${group}`,
  states: { waiting: "Waiting", running: "Running", parked: "Failed" },
  attempts,
  parked: (time: string) => `failed ${time}`,
  due: (time: string) => `due ${time}`,
  created: (time: string) => `since ${time}`,
  refresh: "Refresh",
  retry: "Try again",
  retried: "It will be tried again at once.",
  drop: "Drop",
  dropTitle: "Drop this job?",
  dropHelp: "What it was to do is not done. This cannot be undone.",
  dropped: "Dropped",
  cancel: "Cancel",
  more: "Show more",
  loading: "Loading jobs",
  empty: {
    parked: { title: "Nothing has failed", help: "A job that fails is tried again for a long time. Only then it comes here." },
    pending: { title: "Nothing is waiting", help: "Jobs come here when something is to be done later." },
  },
  failed: {
    load: "The jobs could not be loaded.",
    retry: "The job could not be started.",
    drop: "The job could not be dropped.",
    why: (what: string, reason: string) => `${what} ${reason}`,
  },
  keys: {
    group: "Act on the job",
    next: "Next job",
    previous: "Previous job",
    retry: "Try again",
    drop: "Drop",
  },
};

export type Strings = typeof en;
