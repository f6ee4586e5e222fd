// What stays on this phone. Storage may be full or refused: then nothing stays, and the page works all the same.

export function recalled<T>(key: string): T | null {
  try {
    return (wx.getStorageSync(key) as T | "") || null;
  } catch {
    return null;
  }
}

export function keep(key: string, value: unknown): void {
  try {
    if (value === null) wx.removeStorageSync(key);
    else wx.setStorageSync(key, value);
  } catch {
    // full, or refused
  }
}

/** Where what is kept of a learner is written before it is shared. */
export function exportedFile(): string {
  return `${wx.env.USER_DATA_PATH}/learning-companion.json`;
}

export function forgetExported(): void {
  try {
    wx.getFileSystemManager().unlinkSync(exportedFile());
  } catch {
    // there was none
  }
}
