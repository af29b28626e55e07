package dev.larder.server;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A file with certificates or a private key, as {@code openssl} and every authority write them:
 *
 * <pre>
 *   any text                              is skipped
 *   -----BEGIN CERTIFICATE-----
 *   MIIBszCCAVmgAwIBAgIUQ0vDqT1W7rsu...   a structure (DER) in Base64
 *   -----END CERTIFICATE-----
 * </pre>
 *
 * <p>Java reads private keys in one form only, PKCS#8: an algorithm's identifier and, as a string
 * of bytes, the key in the algorithm's own form. Files of the older forms have the latter alone and
 * name the algorithm in the first line; they are put into that frame here.
 *
 * <pre>
 *   PRIVATE KEY             PKCS#8, any algorithm
 *   ENCRYPTED PRIVATE KEY   the same under a pass phrase
 *   RSA PRIVATE KEY         PKCS#1
 *   EC PRIVATE KEY          SEC 1; an "EC PARAMETERS" block before it says nothing new
 * </pre>
 *
 * <p>Every error is a {@link ServerException} that begins with the file.
 */
final class Pem {
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "Ed25519");

  private static final int INTEGER = 0x02;
  private static final int OCTETS = 0x04;
  private static final int SEQUENCE = 0x30;
  private static final int EC_CURVE = 0xA0;

  /** The number 0, which begins PKCS#8. */
  private static final byte[] VERSION = {INTEGER, 1, 0};

  /** 1.2.840.113549.1.1.1, and no parameters. */
  private static final byte[] RSA = {
    SEQUENCE, 13, 6, 9, 0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 0x0D, 1, 1, 1, 5, 0
  };

  /** 1.2.840.10045.2.1; the curve follows. */
  private static final byte[] EC = {6, 7, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 2, 1};

  private static final class Block {
    final String type;
    final boolean hasHeaders;
    final byte[] content;

    Block(String type, boolean hasHeaders, byte[] content) {
      this.type = type;
      this.hasHeaders = hasHeaders;
      this.content = content;
    }
  }

  private final String what;
  private final List<Block> blocks;

  private Pem(String what, List<Block> blocks) {
    this.what = what;
    this.blocks = blocks;
  }

  /**
   * Reads a file.
   *
   * @param option for what, as the start of errors: {@code tls-key-file}
   */
  static Pem read(String option, Path file) {
    String what = option + " " + file + ": ";
    try {
      return new Pem(what, blocks(what, Files.readString(file, StandardCharsets.ISO_8859_1)));
    } catch (NoSuchFileException e) {
      throw new ServerException(what + "there is no such file", e);
    } catch (AccessDeniedException e) {
      throw new ServerException(what + "this process may not read it", e);
    } catch (IOException e) {
      throw new ServerException(what + "cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<Block> blocks(String what, String text) {
    List<Block> blocks = new ArrayList<>();
    String type = null;
    boolean headers = false;
    StringBuilder base64 = new StringBuilder();
    int number = 0;
    for (String raw : text.lines().toList()) {
      String line = raw.strip();
      number++;
      if (type == null) {
        type = marked(line, "BEGIN");
        headers = false;
        base64.setLength(0);
      } else if (type.equals(marked(line, "END"))) {
        try {
          byte[] content = Base64.getDecoder().decode(base64.toString());
          blocks.add(new Block(type, headers, content));
        } catch (IllegalArgumentException e) {
          throw new ServerException(
              what + "expected Base64 in the " + type + " before line " + number, e);
        }
        type = null;
      } else if (line.indexOf(':') >= 0) {
        headers = true;
      } else {
        base64.append(line);
      }
    }
    if (type != null) {
      throw new ServerException(
          what + "expected a line '-----END " + type + "-----' but found the end of the file");
    }
    return blocks;
  }

  /** What a line begins or ends. */
  private static @Nullable String marked(String line, String word) {
    String start = "-----" + word + " ";
    return line.startsWith(start) && line.endsWith("-----") && line.length() > start.length() + 5
        ? line.substring(start.length(), line.length() - 5)
        : null;
  }

  private ServerException unexpected(String expected) {
    String found =
        blocks.stream().map(block -> block.type).distinct().collect(Collectors.joining(", "));
    return new ServerException(
        what
            + "expected "
            + expected
            + " but found "
            + (found.isEmpty() ? "nothing in PEM format" : found));
  }

  // --------------------------------------------------------------------------------- certificates

  /** All certificates, at least one, in the file's order. */
  List<X509Certificate> certificates() {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Block block : blocks) {
      if (block.type.equals("CERTIFICATE")) {
        try {
          certificates.add(
              (X509Certificate)
                  CertificateFactory.getInstance("X.509")
                      .generateCertificate(new ByteArrayInputStream(block.content)));
        } catch (CertificateException e) {
          throw new ServerException(
              what + "certificate " + (certificates.size() + 1) + " is damaged: " + e.getMessage(),
              e);
        }
      }
    }
    if (certificates.isEmpty()) {
      throw unexpected("a CERTIFICATE");
    }
    return certificates;
  }

  // --------------------------------------------------------------------------------- private keys

  /** The first private key. */
  PrivateKey privateKey(@Nullable String passPhrase) {
    for (Block block : blocks) {
      KeySpec spec =
          switch (block.type) {
            case "PRIVATE KEY" -> new PKCS8EncodedKeySpec(block.content);
            case "ENCRYPTED PRIVATE KEY" -> decrypt(block.content, passPhrase);
            case "RSA PRIVATE KEY" -> frame(plain(block), RSA);
            case "EC PRIVATE KEY" -> frame(plain(block), der(SEQUENCE, EC, curve(plain(block))));
            default -> null; // a certificate, parameters of a curve
          };
      if (spec != null) {
        return key(spec);
      }
    }
    throw unexpected("a PRIVATE KEY");
  }

  private PrivateKey key(KeySpec spec) {
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        // of another algorithm, most likely
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }
    throw new ServerException(
        what + "expected a key of one of " + ALGORITHMS + " but it is another, or damaged");
  }

  /** Refuses a key that is encrypted in the way of old, which no standard describes. */
  private byte[] plain(Block block) {
    if (block.hasHeaders) {
      throw new ServerException(
          what
              + "expected an encrypted key as ENCRYPTED PRIVATE KEY but was "
              + block.type
              + "; 'openssl pkcs8 -topk8' converts it");
    }
    return block.content;
  }

  private KeySpec decrypt(byte[] content, @Nullable String passPhrase) {
    if (passPhrase == null) {
      throw new ServerException(what + "the key is encrypted: expected tls-key-file-pass too");
    }
    String algorithm = "its encryption";
    try {
      EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(content);
      AlgorithmParameters parameters = info.getAlgParameters();
      // Of the second generation (PBES2) only the parameters name the ciphers.
      algorithm = info.getAlgName();
      if (parameters != null && parameters.toString() != null && !algorithm.startsWith("PBEWith")) {
        algorithm = parameters.toString();
      }
      PBEKeySpec phrase = new PBEKeySpec(passPhrase.toCharArray());
      Cipher cipher = Cipher.getInstance(algorithm);
      cipher.init(
          Cipher.DECRYPT_MODE,
          SecretKeyFactory.getInstance(algorithm).generateSecret(phrase),
          parameters);
      return info.getKeySpec(cipher);
    } catch (InvalidKeySpecException e) {
      // A wrong key that leaves the padding valid, by chance, decrypts to no structure.
      Throwable cause = e.getCause();
      throw cause == null || cause instanceof BadPaddingException || cause instanceof IOException
          ? new ServerException(what + "tls-key-file-pass is not its pass phrase", e)
          : new ServerException(what + "cannot be decrypted: " + e.getMessage(), e);
    } catch (InvalidKeyException e) {
      throw new ServerException(what + "tls-key-file-pass is not its pass phrase", e);
    } catch (GeneralSecurityException | IOException e) {
      throw new ServerException(
          what + "expected a key encrypted by PBES2 or PBES1 but was " + algorithm, e);
    }
  }

  private static KeySpec frame(byte[] key, byte[] algorithm) {
    return new PKCS8EncodedKeySpec(der(SEQUENCE, VERSION, algorithm, der(OCTETS, key)));
  }

  // -------------------------------------------------------------------------------- as much of DER

  private static byte[] der(int tag, byte[]... parts) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    int length = content.size();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(tag);
    if (length > 0xFFFF) {
      throw new IllegalArgumentException("expected a key but it has " + length + " bytes");
    } else if (length > 0xFF) {
      all.write(0x82);
      all.write(length >> 8);
    } else if (length > 0x7F) {
      all.write(0x81);
    }
    all.write(length);
    all.writeBytes(content.toByteArray());
    return all.toByteArray();
  }

  /** The curve that a SEC 1 key names: {@code SEQUENCE { 1, OCTETS key, [0] { curve }, … }}. */
  private byte[] curve(byte[] key) {
    ByteBuffer in = element(ByteBuffer.wrap(key), SEQUENCE);
    element(in, INTEGER);
    element(in, OCTETS);
    ByteBuffer curve = element(in, EC_CURVE);
    byte[] bytes = new byte[curve.remaining()];
    curve.get(bytes);
    return bytes;
  }

  /** Takes an element, and returns its content. */
  private ByteBuffer element(ByteBuffer in, int tag) {
    if (in.remaining() >= 2 && (in.get() & 0xFF) == tag) {
      int length = in.get() & 0xFF;
      if (length == 0x81 && in.remaining() >= 1) {
        length = in.get() & 0xFF;
      } else if (length == 0x82 && in.remaining() >= 2) {
        length = in.getShort() & 0xFFFF;
      }
      if (length <= in.remaining()) {
        ByteBuffer content = in.slice(in.position(), length);
        in.position(in.position() + length);
        return content;
      }
    }
    throw new ServerException(
        what + "expected an EC PRIVATE KEY that names its curve but it does not, or is damaged");
  }
}
