package dev.larder.server;

import static dev.larder.server.TlsFiles.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TlsTest {
  @TempDir Path directory;

  private static void assertRefused(Tls.Builder settings, String message) {
    assertThatThrownBy(settings::build)
        .isInstanceOf(ServerException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void certificateAndKeyAreTheLeast() {
    assertRefused(Tls.builder(), "tls-cert-file: expected a file but none was named");
    assertRefused(
        Tls.builder().certFile(file("server.crt")),
        "tls-key-file: expected a file but none was named");
  }

  @Test
  void clientsToKnowNeedAnAuthority() {
    Tls.Builder settings = Tls.builder().certFile(file("server.crt")).keyFile(file("server.key"));
    assertRefused(settings, "tls-ca-cert-file: expected a file, by which to know clients;");
    assertRefused(
        settings.authClients(Tls.AuthClients.OPTIONAL), "tls-ca-cert-file: expected a file");
    settings.authClients(Tls.AuthClients.NO).build();
  }

  @Test
  void keyOfAnotherCertificateIsRefused() {
    assertRefused(
        TlsFiles.server().keyFile(file("client.key")),
        "tls-key-file "
            + file("client.key")
            + ": expected the certificate's key but was that of another certificate");
  }

  @Test
  void certificatesOutOfOrderAreRefused() throws IOException {
    Path wrong =
        Files.writeString(
            directory.resolve("wrong.pem"),
            Files.readString(file("server.crt")) + Files.readString(file("stranger.crt")));
    assertRefused(
        TlsFiles.server().certFile(wrong),
        "tls-cert-file "
            + wrong
            + ": certificate 2 should be of the issuer of the one before it, CN=Larder test CA,"
            + " but is of CN=Larder test stranger");
  }

  @Test
  void chainIsTaken() throws IOException {
    Path chain =
        Files.writeString(
            directory.resolve("chain.pem"),
            Files.readString(file("server.crt")) + Files.readString(file("ca.crt")));
    TlsFiles.server().certFile(chain).build();
  }

  @Test
  void expiredCertificateIsLoggedAndUsed() {
    try (LogLines log = new LogLines()) {
      TlsFiles.server().certFile(file("expired.crt")).build();
      assertThat(log.lines())
          .singleElement()
          .asString()
          .startsWith(
              "tls-cert-file " + file("expired.crt") + ": a certificate is valid only until ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.1", "SSLv3", "", "TLSv1.3 "})
  void unknownProtocolIsRefused(String name) {
    assertThatThrownBy(() -> Tls.builder().protocols("TLSv1.2", name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected some of [TLSv1.2, TLSv1.3] but was '" + name + "'");
  }

  @Test
  void settingsAreShownWithoutThePassPhrase() {
    Tls tls = TlsFiles.server().keyFilePass("s3cret").protocols("tlsv1.3").build();
    assertThat(tls.toString())
        .isEqualTo(
            "Tls[certFile=%s, keyFile=%s, caCertFile=%s, authClients=yes, protocols=[TLSv1.3]]",
            file("server.crt"), file("server.key"), file("ca.crt"));
  }

  @Test
  void settingsDoNotChangeWithTheirBuilder() {
    Tls.Builder builder = TlsFiles.server();
    Tls tls = builder.build();
    builder.authClients(Tls.AuthClients.NO).protocols("TLSv1.2");
    assertThat(tls.engine().getNeedClientAuth()).isTrue();
    assertThat(tls.engine().getEnabledProtocols()).containsExactly("TLSv1.2", "TLSv1.3");
  }
}
