package dev.larder.server;

import dev.larder.server.command.Config;
import dev.larder.server.command.ServerLog;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * By what a server encrypts its connections and knows its clients: PEM files, called as in {@code
 * redis.conf}.
 *
 * <pre>{@code
 * Tls tls = Tls.builder()
 *     .certFile(Path.of("server.crt"))    // tls-cert-file
 *     .keyFile(Path.of("server.key"))     // tls-key-file
 *     .caCertFile(Path.of("ca.crt"))      // tls-ca-cert-file
 *     .build();
 * }</pre>
 *
 * <p>The files are read once, by {@link Builder#build}; immutable after that.
 */
public final class Tls {
  /** The protocols there are, all of them enabled by default. */
  public static final List<String> PROTOCOLS = List.of("TLSv1.2", "TLSv1.3");

  /** Whether clients have to show a certificate: {@code tls-auth-clients}. */
  public enum AuthClients {
    /** A client has to show one that the CA has issued. */
    YES,
    /** It may show none; one that it shows must be of the CA. */
    OPTIONAL,
    /** It is not asked. */
    NO
  }

  private final Builder settings;
  private final SSLContext context;

  private Tls(Builder settings, SSLContext context) {
    this.settings = settings;
    this.context = context;
  }

  /** Settings to be made; a certificate and its key are the least. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * As the settings say that are called like this in {@code redis.conf}: {@code tls-cert-file} …
   */
  static Tls of(Config config) {
    Builder builder =
        builder()
            .authClients(
                AuthClients.valueOf(config.get("tls-auth-clients").toUpperCase(Locale.ROOT)));
    file(config, "tls-cert-file", builder::certFile);
    file(config, "tls-key-file", builder::keyFile);
    file(config, "tls-ca-cert-file", builder::caCertFile);
    if (!config.get("tls-key-file-pass").isEmpty()) {
      builder.keyFilePass(config.get("tls-key-file-pass"));
    }
    if (!config.get("tls-protocols").isBlank()) {
      builder.protocols(config.get("tls-protocols").strip().split(" +", -1));
    }
    return builder.build();
  }

  private static void file(Config config, String name, Consumer<Path> target) {
    if (!config.get(name).isEmpty()) {
      target.accept(Path.of(config.get(name)));
    }
  }

  /** The server's side of a new connection. */
  SSLEngine engine() {
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    engine.setEnabledProtocols(settings.protocols.toArray(new String[0]));
    switch (settings.authClients) {
      case YES -> engine.setNeedClientAuth(true);
      case OPTIONAL -> engine.setWantClientAuth(true);
      case NO -> engine.setNeedClientAuth(false);
    }
    return engine;
  }

  /** The settings, without the pass phrase. */
  @Override
  public String toString() {
    return settings.toString();
  }

  /** How connections are to be encrypted. */
  public static final class Builder {
    private @Nullable Path certFile;
    private @Nullable Path keyFile;
    private @Nullable String keyFilePass;
    private @Nullable Path caCertFile;
    private AuthClients authClients = AuthClients.YES;
    private List<String> protocols = PROTOCOLS;

    private Builder() {}

    private Builder(Builder other) {
      certFile = other.certFile;
      keyFile = other.keyFile;
      caCertFile = other.caCertFile;
      authClients = other.authClients;
      protocols = other.protocols; // and not the pass phrase, which has served
    }

    /**
     * {@code tls-cert-file}: the server's certificate, followed by those that lead to the CA's, if
     * it was not issued by the CA itself.
     */
    public Builder certFile(Path file) {
      certFile = Objects.requireNonNull(file, "file");
      return this;
    }

    /**
     * {@code tls-key-file}: the certificate's private key, RSA, EC or Ed25519; PKCS#8, PKCS#1 or
     * SEC 1. May be the same file.
     */
    public Builder keyFile(Path file) {
      keyFile = Objects.requireNonNull(file, "file");
      return this;
    }

    /** {@code tls-key-file-pass}: the pass phrase of an encrypted key; otherwise not needed. */
    public Builder keyFilePass(String passPhrase) {
      keyFilePass = Objects.requireNonNull(passPhrase, "passPhrase");
      return this;
    }

    /** {@code tls-ca-cert-file}: the authorities whose certificates clients may show. */
    public Builder caCertFile(Path file) {
      caCertFile = Objects.requireNonNull(file, "file");
      return this;
    }

    /** {@code tls-auth-clients}: {@link AuthClients#YES} by default, as in Redis. */
    public Builder authClients(AuthClients authClients) {
      this.authClients = Objects.requireNonNull(authClients, "authClients");
      return this;
    }

    /**
     * {@code tls-protocols}: some of {@link Tls#PROTOCOLS}, in any case of letters.
     *
     * @throws IllegalArgumentException if it is another one, or none
     */
    public Builder protocols(String... protocols) {
      List<String> known =
          Arrays.stream(protocols).map(Builder::protocol).distinct().sorted().toList();
      if (known.isEmpty()) {
        throw new IllegalArgumentException("expected some of " + PROTOCOLS + " but was nothing");
      }
      this.protocols = known;
      return this;
    }

    private static String protocol(String name) {
      for (String protocol : PROTOCOLS) {
        if (protocol.equalsIgnoreCase(name)) {
          return protocol;
        }
      }
      throw new IllegalArgumentException(
          "expected some of " + PROTOCOLS + " but was '" + name + "'");
    }

    /**
     * Reads the files. A certificate whose time has not come or is over is logged and used: that is
     * for the clients to judge.
     *
     * @throws ServerException if one is missing or is not what it should be, or the key is not the
     *     certificate's; the message begins with the file
     */
    public Tls build() {
      String certs = "tls-cert-file " + certFile + ": ";
      List<X509Certificate> chain =
          Pem.read("tls-cert-file", given("tls-cert-file", certFile)).certificates();
      PrivateKey key =
          Pem.read("tls-key-file", given("tls-key-file", keyFile)).privateKey(keyFilePass);
      checkOrder(certs, chain);
      checkKey("tls-key-file " + keyFile + ": ", key, chain.get(0).getPublicKey());
      warn(certs, chain);
      try {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keyManagers(key, chain), trustManagers(), null);
        return new Tls(new Builder(this), context);
      } catch (GeneralSecurityException | IOException e) {
        throw new ServerException("TLS cannot be set up: " + e.getMessage(), e);
      }
    }

    private static Path given(String option, @Nullable Path file) {
      if (file == null) {
        throw new ServerException(option + ": expected a file but none was named");
      }
      return file;
    }

    /** Clients need not sort them, and some do not. */
    private static void checkOrder(String where, List<X509Certificate> chain) {
      for (int i = 1; i < chain.size(); i++) {
        X509Certificate issued = chain.get(i - 1);
        X509Certificate issuer = chain.get(i);
        if (!issued.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
          throw new ServerException(
              String.format(
                  Locale.ROOT,
                  "%scertificate %d should be of the issuer of the one before it, %s, but is of %s",
                  where,
                  i + 1,
                  issued.getIssuerX500Principal(),
                  issuer.getSubjectX500Principal()));
        }
      }
    }

    /** Has the one sign what the other verifies. */
    private static void checkKey(String where, PrivateKey key, PublicKey certified) {
      if (!key.getAlgorithm().equals(certified.getAlgorithm())) {
        throw new ServerException(
            where
                + "expected the certificate's key, of "
                + certified.getAlgorithm()
                + ", but was one of "
                + key.getAlgorithm());
      }
      boolean same;
      try {
        Signature signature = Signature.getInstance(signature(key.getAlgorithm()));
        byte[] message = {1, 2, 3};
        signature.initSign(key);
        signature.update(message);
        byte[] signed = signature.sign();
        signature.initVerify(certified);
        signature.update(message);
        same = signature.verify(signed);
      } catch (GeneralSecurityException e) {
        same = false; // their curves or lengths differ
      }
      if (!same) {
        throw new ServerException(
            where + "expected the certificate's key but was that of another certificate");
      }
    }

    private static String signature(String algorithm) {
      return switch (algorithm) {
        case "RSA" -> "SHA256withRSA";
        case "EC" -> "SHA256withECDSA";
        default -> algorithm;
      };
    }

    private static void warn(String where, List<X509Certificate> chain) {
      for (X509Certificate certificate : chain) {
        try {
          certificate.checkValidity();
        } catch (CertificateExpiredException e) {
          ServerLog.warn(where + "a certificate is valid only until " + certificate.getNotAfter());
        } catch (CertificateNotYetValidException e) {
          ServerLog.warn(where + "a certificate is valid only from " + certificate.getNotBefore());
        }
      }
    }

    private static KeyManager[] keyManagers(PrivateKey key, List<X509Certificate> chain)
        throws GeneralSecurityException, IOException {
      KeyStore store = emptyStore();
      char[] none = {};
      store.setKeyEntry("server", key, none, chain.toArray(new Certificate[0]));
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(store, none);
      return factory.getKeyManagers();
    }

    private TrustManager[] trustManagers() throws GeneralSecurityException, IOException {
      if (caCertFile == null) {
        if (authClients != AuthClients.NO) {
          throw new ServerException(
              "tls-ca-cert-file: expected a file, by which to know clients;"
                  + " if they need no certificate: tls-auth-clients no");
        }
        return new TrustManager[0]; // none, and not the JDK's authorities either
      }
      KeyStore store = emptyStore();
      int number = 0;
      for (X509Certificate certificate : Pem.read("tls-ca-cert-file", caCertFile).certificates()) {
        store.setCertificateEntry("ca-" + number++, certificate);
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return factory.getTrustManagers();
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      return store;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "Tls[certFile=%s, keyFile=%s, caCertFile=%s, authClients=%s, protocols=%s]",
          certFile,
          keyFile,
          caCertFile,
          authClients.name().toLowerCase(Locale.ROOT),
          protocols);
    }
  }
}
