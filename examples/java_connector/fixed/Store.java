import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** What the connector must not forget: values by kind and id in one JSON file, never half written. */
final class Store {
    private static final int NONCE_BYTES = 12;
    private final ReentrantLock lock = new ReentrantLock();
    private final Path path;
    private final SecretKeySpec key;
    private final Map<String, Object> kinds;

    Store(Path path, String hexKey) throws IOException {
        this.path = path;
        this.key = new SecretKeySpec(HexFormat.of().parseHex(hexKey), "AES");
        this.kinds = Files.exists(path) ? Json.object(Json.read(Files.readString(path))) : new LinkedHashMap<>();
    }

    Object get(String kind, String id) {
        lock.lock();
        try {
            return Json.object(kinds.get(kind)).get(id);
        } finally {
            lock.unlock();
        }
    }

    Map<String, Object> all(String kind) {
        lock.lock();
        try {
            return new LinkedHashMap<>(Json.object(kinds.get(kind)));
        } finally {
            lock.unlock();
        }
    }

    List<Object> values(String kind) {
        return new ArrayList<>(all(kind).values());
    }

    void put(String kind, String id, Object value) {
        putAll(kind, Map.of(id, value));
    }

    void putAll(String kind, Map<String, ?> values) {
        change(() -> kindOf(kind).putAll(values));
    }

    void remove(String kind, String id) {
        change(() -> kindOf(kind).remove(id));
    }

    /** Changes several values at once; all of it is kept, or nothing. */
    void change(Runnable work) {
        lock.lock();
        try {
            boolean isOutermost = lock.getHoldCount() == 1;
            work.run();
            if (isOutermost) write();
        } catch (IOException error) {
            // What cannot be kept must not be acted upon; a supervisor starts us again.
            throw new UncheckedIOException("the store cannot be written", error);
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> kindOf(String kind) {
        return (Map<String, Object>) kinds.computeIfAbsent(kind, name -> new LinkedHashMap<String, Object>());
    }

    /** Write beside, wait for the disk, rename: whoever is killed here leaves the old file or the new one. */
    private void write() throws IOException {
        Path beside = path.resolveSibling(path.getFileName() + ".new");
        try (FileChannel file = FileChannel.open(beside, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(Json.write(kinds).getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) file.write(bytes);
            file.force(true);
        }
        Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Tokens and ciphers must not lie about in plain text. */
    String seal(Object value) {
        byte[] nonce = new byte[NONCE_BYTES];
        new SecureRandom().nextBytes(nonce);
        byte[] sealed = crypt(Cipher.ENCRYPT_MODE, nonce, Json.write(value).getBytes(StandardCharsets.UTF_8));
        byte[] whole = Arrays.copyOf(nonce, nonce.length + sealed.length);
        System.arraycopy(sealed, 0, whole, nonce.length, sealed.length);
        return Base64.getEncoder().encodeToString(whole);
    }

    Object unseal(Object sealed) {
        byte[] whole = Base64.getDecoder().decode(Json.text(sealed));
        byte[] nonce = Arrays.copyOf(whole, NONCE_BYTES);
        byte[] text = crypt(Cipher.DECRYPT_MODE, nonce, Arrays.copyOfRange(whole, NONCE_BYTES, whole.length));
        return Json.read(new String(text, StandardCharsets.UTF_8));
    }

    private byte[] crypt(int mode, byte[] nonce, byte[] bytes) {
        try {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(mode, key, new GCMParameterSpec(128, nonce));
            return cipher.doFinal(bytes);
        } catch (GeneralSecurityException error) {
            throw new IllegalStateException("the store was sealed with another key", error);
        }
    }
}
