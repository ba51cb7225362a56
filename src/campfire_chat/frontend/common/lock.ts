/** Milliseconds to wait for another tab, which may be frozen, or for a browser that never answers. */
const PATIENCE = 5000;

/**
 * Runs `work` while no other tab of this browser runs work of that name.
 *
 * Where there are no locks (a page that is not a secure context), where the browser refuses them
 * (site data is blocked) and where the lock does not come in time, `work` runs all the same: it
 * has to do no harm when two tabs do it. Rejects when `work` does.
 */
export async function exclusively(name: string, work: () => Promise<void>): Promise<void> {
  let working: Promise<void> | null = null;
  const once = () => (working ??= work());
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  try {
    await Promise.race([navigator.locks.request(name, once), late]);
  } catch {
    // The lock's own failure, or that of the work, which is given back below.
  }
  await once();
}
