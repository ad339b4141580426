package io.godwit.shim.synthetic;

/// What a test can make fail or interfere with: see [SyntheticHypervisor#onNext].
public enum SyntheticOperation {
    CREATE,
    PREPARE_INCOMING,
    TRACK,
    SCAN,
    MISSING_PAGES,
    PAUSE,
    RESUME,
    SAVE_DEVICE_STATE,
    LOAD_DEVICE_STATE,
    ANNOUNCE,
    DESTROY
}
