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
