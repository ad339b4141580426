package io.godwit.migration.protocol;

import io.godwit.shim.DeviceState;
import io.godwit.shim.GuestFrame;
import io.godwit.shim.GuestMemory;

/// Every limit of the protocol and every deadline, in one place. Sizes are bytes, times are milliseconds.
public final class Limits {
    /// Pages that take the same data connection: connection = (page / block) mod connections.
    public static final int BLOCK_PAGES = 64;

    /// Pages with content in one frame.
    public static final int FRAME_PAGES_MAX = 64;

    public static final int FRAME_RAW_BYTES_MAX = FRAME_PAGES_MAX * GuestMemory.PAGE_BYTES;
    public static final int RUN_BYTES = 12;
    public static final int ZERO_RUNS_MAX = 4096;

    public static final int JSON_BYTES_MAX = 256 << 10;
    public static final int TEXT_BYTES_MAX = 4096;
    public static final int BLOCKERS_MAX = 64;
    public static final int PACKED_STATE_LENGTH_BYTES = Integer.BYTES;
    public static final int PACKED_STATE_BYTES_MAX = PACKED_STATE_LENGTH_BYTES + DeviceState.BYTES_MAX;
    public static final int STATE_PART_BYTES_MAX = 256 << 10;
    public static final int DIGESTS_MAX = 32 << 10;

    /// Frames for the guest in one protocol frame, before their headers.
    public static final int FRAMES_BATCH_BYTES_MAX = 128 << 10;

    public static final int FRAMES_BYTES_MAX = 256 << 10;

    /// Frames for the guest that wait at the target until it runs.
    public static final int FRAMES_WAITING_MAX = 8192;

    public static final int FRAMES_WAITING_BYTES_MAX = 8 << 20;

    /// What one digest of `verify` covers.
    public static final int DIGEST_CHUNK_BYTES = 1 << 20;

    /// Words of 64 pages in one part of the map of missing pages.
    public static final int MAP_WORDS_MAX = 32 << 10;

    /// Missing pages asked for in one frame.
    public static final int PAGE_REQUESTS_MAX = 256;

    /// What stands before the content of pages that come after the switchover.
    public static final int LATE_PREFIX_BYTES = 16;

    /// Connections that pages come over after the switchover: one for those somebody waits for, one for the
    /// rest.
    public static final int LATE_CONNECTIONS = 2;

    /// An unknown optional frame up to this size is skipped.
    public static final int PAYLOAD_BYTES_MAX = 1 << 20;

    /// Messages received and not yet handled by a migration; more is a broken peer.
    public static final int INBOX_MESSAGES_MAX = 320;

    public static final int INCOMING_MAX = 16;
    public static final int UNGREETED_CONNECTIONS_MAX = 64;

    /// What one data connection holds back in this process before its encoder waits, and in the kernel. Small,
    /// for what lies here when the guest is paused is downtime, and a long queue on a shared link delays the
    /// guest's own packets.
    public static final int CHANNEL_BYTES_HIGH = 1 << 20;

    public static final int CHANNEL_BYTES_LOW = 512 << 10;
    public static final int SOCKET_SEND_BYTES = 512 << 10;

    /// A peer that has nothing to say says so this often on the control connection ...
    public static final int HEARTBEAT_MS = 500;

    /// ... and is given up after this much silence.
    public static final int SILENCE_MS = 2_500;

    public static final int CONNECT_MS = 3_000;
    public static final int GREETING_MS = 5_000;
    public static final int QUESTION_MS = 15_000;
    public static final int PREPARE_MS = 60_000;

    /// From one request of the source to its next; a source has only local work to do between them.
    public static final int BETWEEN_REQUESTS_MS = 30_000;

    /// What a round may run over the policy's timeout, so that the policy can say it with figures.
    public static final int LAST_DECISION_MS = 1_000;

    public static final int HANDOVER_MS = 15_000;

    /// From the pause to the target's word that the guest runs, beside the downtime budget and verification.
    public static final int SWITCHOVER_MS = 5_000;

    public static final int VERIFY_MS_PER_GIB = 5_000;
    public static final int DESTROY_MS = 10_000;
    public static final int FAREWELL_MS = 2_000;
    public static final int CLOSE_MS = 10_000;

    /// How long the source stays for late frames once the guest runs at the target: at most ...
    public static final int FRAMES_TAIL_MS = 5_000;

    /// ... or so long after the last one, where nobody says on the network that the guest has moved ...
    public static final int FRAMES_QUIET_MS = 1_000;

    /// ... or so long where somebody does.
    public static final int FRAMES_ANNOUNCED_QUIET_MS = 50;

    /// For the target's word of what it has delivered.
    public static final int FRAMES_DONE_MS = 1_000;

    /// Between two attempts of a source that owes pages to reach its target; grows up to the second.
    public static final int RECONNECT_MS = 200;

    public static final int RECONNECT_MS_MAX = 3_000;

    /// A source that cannot reach its target asks the record this often whether it still owes anything.
    public static final int STILL_OWED_MS = 5_000;

    /// One look for threads of the guest that wait for pages.
    public static final int FAULT_POLL_MS = 200;

    /// Migrations whose last word the target remembers, should a source not have heard it.
    public static final int PLACED_REMEMBERED_MAX = 256;

    /// A migration that has sent this many times the guest's RAM is given up.
    public static final int RAM_TIMES_SENT_MAX = 10;

    /// Longer than any policy allows its rounds: the source decides first.
    public static final long RECEIVE_MS = 90_000_000;

    static {
        check(HEARTBEAT_MS * 4 < SILENCE_MS, "several heartbeats fit into the silence");
        check(SILENCE_MS <= 3_000, "a cut network is noticed within 3 s");
        check(CHANNEL_BYTES_LOW < CHANNEL_BYTES_HIGH, "low water is below high water");
        check(ZERO_RUNS_MAX * RUN_BYTES < FRAME_RAW_BYTES_MAX, "zero frames are not the largest");
        check(FRAME_RAW_BYTES_MAX + FRAME_PAGES_MAX * RUN_BYTES < PAYLOAD_BYTES_MAX, "page frames fit");
        check(MAP_WORDS_MAX * Long.BYTES + 16 < PAYLOAD_BYTES_MAX, "parts of the map of missing pages fit");
        check(RECONNECT_MS < RECONNECT_MS_MAX && RECONNECT_MS_MAX < STILL_OWED_MS, "trying comes before asking");
        check(DIGESTS_MAX * Long.BYTES + Long.BYTES < PAYLOAD_BYTES_MAX, "digest frames fit");
        check(
                PACKED_STATE_BYTES_MAX / STATE_PART_BYTES_MAX < INBOX_MESSAGES_MAX,
                "a whole device state fits into the inbox");
        check(CONNECT_MS < GREETING_MS && GREETING_MS < QUESTION_MS, "deadlines grow with the work");
        check(
                Integer.BYTES + FRAMES_BATCH_BYTES_MAX + FRAMES_BATCH_BYTES_MAX / GuestFrame.BYTES_MIN * 8
                        < FRAMES_BYTES_MAX,
                "a batch of the smallest frames fits with their headers");
        check(GuestFrame.BYTES_MAX < FRAMES_BATCH_BYTES_MAX, "the largest frame fits into a batch");
        check(FRAMES_TAIL_MS + FRAMES_DONE_MS + FAREWELL_MS < CLOSE_MS, "closing outlasts the wait for late frames");
        check(FAREWELL_MS < CLOSE_MS, "closing outlasts a farewell");
    }

    private Limits() {}

    private static void check(boolean holds, String relation) {
        if (!holds) {
            throw new AssertionError("Limits contradict each other: " + relation);
        }
    }
}
