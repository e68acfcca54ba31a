/**
 * The longest wait before a shared watch is tried again, in milliseconds, before jitter. A client of
 * client-go waits up to 30 s; but one watch stands here for those of thousands of kubelets, some of
 * which would be back at once, and it also stands for the GET with which a kubelet finds out within
 * 10 s that its Node was declared unreachable.
 */
export const sharedWatchRetryMaxMs = 5_000;
