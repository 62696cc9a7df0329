<?php

declare(strict_types=1);

/** Telling people: a cause, a subject, a sentence. The same trouble is told once an hour. */
final class Alerts
{
    private const AGAIN_AFTER_S = 3600;

    /** @param list<string> $secrets texts that must not show in any message; whoever learns a new one adds it */
    public function __construct(private readonly Store $store, private array $secrets)
    {
    }

    public function raise(string $cause, string $subject, string $text): void
    {
        $now = microtime(true);
        $message = $this->scrub("$subject: $text");
        $isNew = $this->store->together(function () use ($cause, $subject, $message, $now): bool {
            $toldAt = $this->store->get('told', "$cause $subject");
            if ($toldAt !== null && $now - $toldAt < self::AGAIN_AFTER_S) {
                return false;
            }
            $this->store->put('told', "$cause $subject", $now);
            $this->store->put('alert', "$now $cause $subject", ['cause' => $cause, 'message' => $message, 'at' => $now]);
            return true;
        });
        if ($isNew) {
            error_log("alert: $cause: $message"); // in production: a page, a mail
        }
    }

    public function hide(string ...$secrets): void
    {
        array_push($this->secrets, ...$secrets);
    }

    /** Messages of the other side may repeat what they were sent. */
    public function scrub(string $text): string
    {
        return str_replace(array_filter($this->secrets), '[secret]', $text);
    }
}
