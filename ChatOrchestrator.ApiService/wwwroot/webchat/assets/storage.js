// Web storage can be switched off, full, or blocked in a third-party frame: then the values live as long as the page.

export function openStorage(name, prefix) {
  const memory = new Map();
  let area = null;
  try {
    area = window[name];
  } catch {
    // Access itself throws when cookies are blocked.
  }

  return {
    get(key) {
      try {
        const value = area?.getItem(prefix + key);
        if (value !== null && value !== undefined) {
          return value;
        }
      } catch {
        // Fall through to memory.
      }
      return memory.get(key) ?? null;
    },
    set(key, value) {
      memory.set(key, value);
      try {
        area?.setItem(prefix + key, value);
      } catch {
        // Full or blocked: memory has it.
      }
    },
    remove(key) {
      memory.delete(key);
      try {
        area?.removeItem(prefix + key);
      } catch {
        // Nothing to remove.
      }
    },
  };
}
