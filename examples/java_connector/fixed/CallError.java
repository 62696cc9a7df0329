/** A call that failed. `reason` is the word by which an alert names what is wrong. */
final class CallError extends Exception {
    /** Whether a failed try may be followed by another. */
    enum Retry {
        /** It would be refused again. */
        NEVER,
        /** It was certainly not carried out. */
        SAFE,
        /** Perhaps it was carried out. */
        READS_ONLY
    }

    private static final long serialVersionUID = 1;

    final String reason;
    final Retry retry;
    final long code;
    final boolean aboutToken;
    /** Milliseconds that Retry-After asks for; -1 for nothing. */
    final long waitMs;
    /** A change was sent and nobody knows whether it took effect. */
    boolean unknown;

    CallError(String reason, String message) {
        this(reason, message, Retry.NEVER, -1, false, -1);
    }

    CallError(String reason, String message, Retry retry) {
        this(reason, message, retry, -1, false, -1);
    }

    CallError(String reason, String message, Retry retry, long code, boolean aboutToken, long waitMs) {
        super(message);
        this.reason = reason;
        this.retry = retry;
        this.code = code;
        this.aboutToken = aboutToken;
        this.waitMs = waitMs;
    }
}
