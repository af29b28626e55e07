package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.server.clients.Programs;
import java.io.IOException;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * The certificates of the tests, and clients that use them. {@code server} and {@code client} are
 * issued by {@code ca}; {@code stranger} by itself.
 */
final class TlsFiles {
  private TlsFiles() {}

  static Path file(String name) {
    try {
      return Path.of(Objects.requireNonNull(TlsFiles.class.getResource("/tls/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static Tls.Builder server() {
    return Tls.builder()
        .certFile(file("server.crt"))
        .keyFile(file("server.key"))
        .caCertFile(file("ca.crt"));
  }

  /**
   * A client that trusts one authority, and shows a certificate if there is one.
   *
   * @param name of the certificate; empty: none
   */
  static SSLContext client(String authority, String name)
      throws GeneralSecurityException, IOException {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("ca", certificates(authority).get(0));
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    KeyManager[] keys = {};
    if (!name.isEmpty()) {
      PrivateKey key = Pem.read("key", file(name + ".key")).privateKey(null);
      keys = new KeyManager[] {new Insistent(key, certificates(name))};
    }
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys, trust.getTrustManagers(), null);
    return context;
  }

  /** Shows its certificate to everyone; the JDK's own only if the server trusts its issuer. */
  private static final class Insistent extends X509ExtendedKeyManager {
    private final PrivateKey key;
    private final X509Certificate[] chain;

    Insistent(PrivateKey key, List<X509Certificate> chain) {
      this.key = key;
      this.chain = chain.toArray(new X509Certificate[0]);
    }

    @Override
    public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
      return "client";
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return key;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return chain.clone();
    }

    @Override
    public String[] getClientAliases(String type, Principal[] issuers) {
      throw new UnsupportedOperationException();
    }

    @Override
    public String[] getServerAliases(String type, Principal[] issuers) {
      throw new UnsupportedOperationException();
    }

    @Override
    public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
      throw new UnsupportedOperationException();
    }
  }

  private static List<X509Certificate> certificates(String name) {
    return Pem.read("certificate", file(name + ".crt")).certificates();
  }

  /** Runs {@code openssl}, which must succeed; skips the test where it is not installed. */
  static void openssl(Path directory, String... args) throws Exception {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(args));
    Programs.need("OpenSSL", "openssl", "version");
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(printed).isZero();
  }
}
