<?php

declare(strict_types=1);

/** A call that failed; `reason` is the word by which an alert names what is wrong. */
final class CallFailed extends Exception
{
    /** A change was sent and nobody knows whether it took effect. */
    public bool $unknown = false;

    public function __construct(
        public readonly string $reason,
        string $message,
        public readonly Retry $retry = Retry::Never,
        public readonly bool $aboutToken = false,
        public readonly ?int $apiCode = null,
        public readonly ?float $waitS = null,
    ) {
        parent::__construct($message);
    }
}

/** What may be done about it. */
enum Retry
{
    /** It would be refused again. */
    case Never;
    /** It was certainly not carried out. */
    case Safe;
    /** Perhaps it was carried out: only reads may simply be sent again. */
    case Reads;
}
