// Whether there is a network, and who wants to hear that it is back.

export class Network {
  online = true;
  private heard: ((online: boolean) => void)[] = [];

  constructor() {
    wx.getNetworkType({ success: ({ networkType }) => this.become(networkType !== "none") });
    wx.onNetworkStatusChange(({ isConnected }) => this.become(isConnected));
  }

  /** Call `hear` at each change; what is returned ends that. */
  onChange(hear: (online: boolean) => void): () => void {
    this.heard.push(hear);
    return () => { this.heard = this.heard.filter((one) => one !== hear); };
  }

  private become(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    for (const hear of this.heard) hear(online);
  }
}
