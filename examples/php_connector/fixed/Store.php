<?php

declare(strict_types=1);

/**
 * What the connector must not forget: values by kind and id in one SQLite table.
 *
 * PHP forgets everything between two requests, and several workers run side by side; so all state is
 * here, and `alone` lets one worker at a time talk to the platform.
 */
final class Store
{
    private const WAIT_FOR_LOCK_MS = 5000;
    private readonly PDO $file;
    private readonly string $key;
    /** @var resource */
    private $turn;

    public function __construct(string $path, string $hexKey)
    {
        $this->key = sodium_hex2bin($hexKey);
        $this->file = new PDO("sqlite:$path", options: [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
        $this->file->exec('PRAGMA busy_timeout = ' . self::WAIT_FOR_LOCK_MS);
        $this->file->exec('PRAGMA journal_mode = WAL');
        $this->file->exec('PRAGMA synchronous = FULL');
        $this->file->exec('CREATE TABLE IF NOT EXISTS kept (kind TEXT, id TEXT, value TEXT, PRIMARY KEY (kind, id))');
        $this->turn = fopen("$path.turn", 'c');
    }

    public function get(string $kind, string $id = ''): mixed
    {
        $rows = $this->run('SELECT value FROM kept WHERE kind = ? AND id = ?', $kind, $id)->fetchAll(PDO::FETCH_COLUMN);
        return $rows === [] ? null : self::decode($rows[0]);
    }

    /**
     * Returns values by id, oldest first. Beware: PHP makes numbers of ids that look like some.
     *
     * @return array<array-key, mixed>
     */
    public function all(string $kind): array
    {
        $rows = $this->run('SELECT id, value FROM kept WHERE kind = ? ORDER BY rowid', $kind)->fetchAll(PDO::FETCH_KEY_PAIR);
        return array_map(self::decode(...), $rows);
    }

    public function put(string $kind, string|int $id, mixed $value): void
    {
        $sql = 'INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value';
        $this->run($sql, $kind, (string) $id, self::encode($value));
    }

    /** Keeps a value unless there is one; says whether it was new. One step, whoever else does the same. */
    public function add(string $kind, string $id, mixed $value): bool
    {
        return $this->run('INSERT OR IGNORE INTO kept VALUES (?, ?, ?)', $kind, $id, self::encode($value))->rowCount() === 1;
    }

    public function remove(string $kind, string|int $id): void
    {
        $this->run('DELETE FROM kept WHERE kind = ? AND id = ?', $kind, (string) $id);
    }

    /** Keeps all of what is done in `work`, or nothing of it. */
    public function together(callable $work): mixed
    {
        $this->file->exec('BEGIN IMMEDIATE');
        try {
            $result = $work();
        } catch (Throwable $error) {
            $this->file->exec('ROLLBACK');
            throw $error;
        }
        $this->file->exec('COMMIT');
        return $result;
    }

    /** Does `work` when no other worker does; the system gives the turn back where one is killed. */
    public function alone(callable $work): mixed
    {
        flock($this->turn, LOCK_EX);
        try {
            return $work();
        } finally {
            flock($this->turn, LOCK_UN);
        }
    }

    /** Tokens and ciphers must not lie about in plain text. */
    public function seal(mixed $value): string
    {
        $nonce = random_bytes(SODIUM_CRYPTO_SECRETBOX_NONCEBYTES);
        return base64_encode($nonce . sodium_crypto_secretbox(self::encode($value), $nonce, $this->key));
    }

    public function unseal(string $sealed): mixed
    {
        $bytes = base64_decode($sealed, true);
        $nonce = substr($bytes, 0, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES);
        $text = sodium_crypto_secretbox_open(substr($bytes, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES), $nonce, $this->key);
        if ($text === false) {
            throw new RuntimeException('the store was sealed with another key');
        }
        return self::decode($text);
    }

    private function run(string $sql, string ...$values): PDOStatement
    {
        $statement = $this->file->prepare($sql);
        $statement->execute($values);
        return $statement;
    }

    private static function encode(mixed $value): string
    {
        return json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION);
    }

    private static function decode(string $text): mixed
    {
        return json_decode($text, true, flags: JSON_THROW_ON_ERROR);
    }
}
