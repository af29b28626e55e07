package dev.larder.server;

import static dev.larder.server.TlsFiles.openssl;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files as {@code openssl} writes them; that a key is the right one shows by its certificate. */
final class PemTest {
  private static final String[] NEW_KEY = {"-nodes", "-keyout", "key.pem"};

  @TempDir Path directory;

  private Path file(String name) {
    return directory.resolve(name);
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(file(name), content);
  }

  /** Makes {@code key.pem}, PKCS#8, and a certificate {@code cert.pem} for it. */
  private void certify(String algorithm) throws Exception {
    List<String> args = new ArrayList<>(List.of("req", "-x509", "-subj", "/CN=x", "-days", "10"));
    args.addAll(List.of(NEW_KEY));
    args.addAll(List.of("-out", "cert.pem", "-newkey"));
    args.addAll(List.of(algorithm.split(" ")));
    openssl(directory, args.toArray(new String[0]));
  }

  private Tls.Builder settings(String key) {
    return Tls.builder()
        .certFile(file("cert.pem"))
        .keyFile(file(key))
        .authClients(Tls.AuthClients.NO);
  }

  private void assertRefused(Path key, String passPhrase, String message) {
    assertThatThrownBy(() -> Pem.read("tls-key-file", key).privateKey(passPhrase))
        .isInstanceOf(ServerException.class)
        .hasMessageStartingWith("tls-key-file " + key + ": " + message);
  }

  // ---------------------------------------------------------------------------------- keys, read

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rsa:2048",
        "ec -pkeyopt ec_paramgen_curve:prime256v1",
        "ec -pkeyopt ec_paramgen_curve:secp521r1",
        "ed25519"
      })
  void pkcs8IsRead(String algorithm) throws Exception {
    certify(algorithm);
    assertThat(Files.readString(file("key.pem"))).startsWith("-----BEGIN PRIVATE KEY-----");
    settings("key.pem").build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rsa:2048", "rsa:4096"})
  void pkcs1IsRead(String algorithm) throws Exception {
    certify(algorithm);
    openssl(directory, "rsa", "-traditional", "-in", "key.pem", "-out", "old.pem");
    assertThat(Files.readString(file("old.pem"))).startsWith("-----BEGIN RSA PRIVATE KEY-----");
    settings("old.pem").build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"prime256v1", "secp384r1", "secp521r1"})
  void sec1IsReadWithParametersBeforeIt(String curve) throws Exception {
    openssl(directory, "ecparam", "-name", curve, "-genkey", "-out", "old.pem");
    assertThat(Files.readString(file("old.pem")))
        .startsWith("-----BEGIN EC PARAMETERS-----")
        .contains("-----BEGIN EC PRIVATE KEY-----");
    openssl(directory, "req", "-x509", "-subj", "/CN=x", "-key", "old.pem", "-out", "cert.pem");
    settings("old.pem").build();
  }

  @ParameterizedTest
  @CsvSource({
    "rsa:2048,-v2 aes-256-cbc",
    "rsa:2048,-v2 aes-128-cbc -v2prf hmacWithSHA1",
    "rsa:2048,-v2 aes-256-cbc -v2prf hmacWithSHA512",
    "rsa:2048,-v1 PBE-SHA1-3DES",
    "ed25519,-v2 aes-256-cbc"
  })
  void encryptedKeyIsReadWithItsPassPhraseOnly(String algorithm, String how) throws Exception {
    certify(algorithm);
    List<String> args = new ArrayList<>(List.of("pkcs8", "-topk8", "-passout", "pass:s3cret"));
    args.addAll(List.of("-in", "key.pem", "-out", "locked.pem"));
    args.addAll(List.of(how.split(" ")));
    openssl(directory, args.toArray(new String[0]));

    settings("locked.pem").keyFilePass("s3cret").build();
    // One wrong key in 256 leaves a valid padding: several, so that this is seen too.
    for (int i = 0; i < 20; i++) {
      assertRefused(file("locked.pem"), "wrong" + i, "tls-key-file-pass is not its pass phrase");
    }
    assertRefused(file("locked.pem"), null, "the key is encrypted: expected tls-key-file-pass too");
  }

  // ------------------------------------------------------------------------------- keys, refused

  @Test
  void keyEncryptedInTheOldWayIsRefusedWithTheWayOut() throws Exception {
    certify("rsa:2048");
    openssl(
        directory,
        "rsa",
        "-traditional",
        "-aes128",
        "-passout",
        "pass:x",
        "-in",
        "key.pem",
        "-out",
        "o.pem");
    assertRefused(
        file("o.pem"),
        "x",
        "expected an encrypted key as ENCRYPTED PRIVATE KEY but was RSA PRIVATE KEY;"
            + " 'openssl pkcs8 -topk8' converts it");
  }

  @Test
  void keyUnderAnEncryptionThatJavaDoesNotHaveIsRefusedByName() throws Exception {
    certify("ed25519");
    openssl(
        directory,
        "pkcs8",
        "-topk8",
        "-scrypt",
        "-passout",
        "pass:x",
        "-in",
        "key.pem",
        "-out",
        "s.pem");
    assertRefused(file("s.pem"), "x", "expected a key encrypted by PBES2 or PBES1 but was ");
  }

  @Test
  void keyOfAnotherAlgorithmIsRefused() throws Exception {
    openssl(directory, "genpkey", "-algorithm", "x25519", "-out", "x.pem");
    assertRefused(file("x.pem"), null, "expected a key of one of [RSA, EC, Ed25519] but it is");
  }

  @Test
  void fileWithoutAKeySaysWhatItHas() throws IOException {
    assertRefused(
        TlsFiles.file("server.crt"), null, "expected a PRIVATE KEY but found CERTIFICATE");
    assertRefused(
        file("text", "hello\n"), null, "expected a PRIVATE KEY but found nothing in PEM format");
  }

  @Test
  void missingFileAndDirectoryAreNamed() {
    assertRefused(file("none.pem"), null, "there is no such file");
    assertRefused(directory, null, "cannot be read: ");
  }

  @Test
  void damagedFileIsRefused() throws IOException {
    assertRefused(
        file("cut.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n"),
        null,
        "expected a line '-----END PRIVATE KEY-----' but found the end of the file");
    assertRefused(
        file("odd.pem", "-----BEGIN PRIVATE KEY-----\nA?AA\n-----END PRIVATE KEY-----\n"),
        null,
        "expected Base64 in the PRIVATE KEY before line 3");
    for (String content : List.of("", "MA==", "MIH/", "MAMCAQE=", "MIIAAA==", "MAUCAQEEgg==")) {
      assertRefused(
          file(
              "ec.pem",
              "-----BEGIN EC PRIVATE KEY-----\n"
                  + content
                  + "\n"
                  + "-----END EC PRIVATE KEY-----\n"),
          null,
          "expected an EC PRIVATE KEY that names its curve but it does not, or is damaged");
    }
  }

  // -------------------------------------------------------------------------------- certificates

  @Test
  void certificatesAreReadInOrderAndOtherTextIsSkipped() throws IOException {
    Path both =
        file(
            "both.pem",
            Files.readString(TlsFiles.file("server.crt")).replace("\n", "\r\n")
                + Files.readString(TlsFiles.file("server.key"))
                + Files.readString(TlsFiles.file("ca.crt")));
    assertThat(Pem.read("tls-cert-file", both).certificates())
        .extracting(certificate -> certificate.getSubjectX500Principal().getName())
        .containsExactly("CN=localhost", "CN=Larder test CA");
  }

  @Test
  void damagedCertificateIsRefused() throws IOException {
    Path damaged = file("c.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assertThatThrownBy(() -> Pem.read("tls-cert-file", damaged).certificates())
        .isInstanceOf(ServerException.class)
        .hasMessageStartingWith("tls-cert-file " + damaged + ": certificate 1 is damaged: ");
  }
}
