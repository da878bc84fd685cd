#include "app/up.hpp"

#include <cstring>
#include <sys/stat.h>
#include <sys/un.h>

#include "crypto/identity.hpp"
#include "tests/support/up_rig.hpp"

namespace app {
namespace {

using test::arguments;
using test::Child;
using test::exchange;
using test::field;
using test::offer;
using test::patience_ms;
using test::Up;
using test::write_file;

TEST_F(Up, AnswersOverUdpAndHttpAndEndsWhenToldTo) {
  start();
  EXPECT_EQ(exchange(SOCK_DGRAM, ng_, "c1 d7:command4:pinge"), "c1 d6:result4:ponge");
  const auto post = [&](std::string_view frame) {
    return exchange(SOCK_STREAM, ng_http_,
                    "POST /ng HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
                        std::to_string(frame.size()) + "\r\n\r\n" + std::string(frame));
  };
  const auto posted = post("c2 {\"command\": \"ping\"}");
  EXPECT_TRUE(posted.ends_with("c2 {\"result\":\"pong\"}")) << posted;
  const auto stray = post("hello");
  EXPECT_TRUE(stray.starts_with("HTTP/1.1 400 ")) << stray;
  EXPECT_EQ(end(), 0);
  EXPECT_NE(child_->line("event=ended"), "");
}

TEST_F(Up, ShowsACallAndEndsItOverHttp) {
  start();
  const auto offered = exchange(SOCK_DGRAM, ng_, offer("call 1"));
  EXPECT_NE(offered.find("6:result2:ok"), std::string::npos) << offered;
  EXPECT_NE(http("GET", "/v1/calls").find("\"call 1\""), std::string::npos);
  EXPECT_NE(http("GET", "/v1/calls/call%201").find("\"from-tag\":\"a\""), std::string::npos);
  const auto metrics = http("GET", "/metrics");
  EXPECT_NE(metrics.find("\npostern_calls 1\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("postern_ng_requests_total{command=\"offer\",result=\"ok\"} 1\n"),
            std::string::npos);
  EXPECT_TRUE(http("DELETE", "/v1/calls/call%201").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(http("DELETE", "/v1/calls/call%201").starts_with("HTTP/1.1 404 "));
  EXPECT_NE(http("GET", "/metrics").find("\npostern_calls 0\n"), std::string::npos);
  EXPECT_TRUE(http("GET", "/healthz").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(end(SIGINT), 0);
}

TEST_F(Up, ACallThatIsNeverAnsweredIsFreedInTime) {
  configure("", "127.0.0.0/8", "[timers]\noffer_unanswered = 0.05");
  start();
  EXPECT_NE(exchange(SOCK_DGRAM, ng_, offer("lost")).find("6:result2:ok"), std::string::npos);
  EXPECT_NE(child_->line("event=call_freed"), "");
  EXPECT_NE(http("GET", "/metrics").find("\npostern_calls 0\n"), std::string::npos);
  EXPECT_EQ(end(), 0);
}

TEST_F(Up, CallsThatAreOpenAtTheEndAreReleased) {
  start();
  EXPECT_NE(exchange(SOCK_DGRAM, ng_, offer("open")).find("6:result2:ok"), std::string::npos);
  EXPECT_EQ(end(), 0);
  EXPECT_EQ(field(child_->line("event=draining"), "calls"), "1");
  const auto rest = child_->line("event=");
  EXPECT_NE(rest.find("event=ended"), std::string::npos) << rest;  // in particular no drain_cut_short
}

TEST_F(Up, SighupTakesWhatMayChange) {
  configure("e2ae = \"preferred\"", "192.0.2.0/24");
  start();
  configure("e2ae = \"off\"", "127.0.0.0/8", "[limits]\ncandidates = 5\n[log]\nlevel = \"debug\"");
  child_->signal(SIGHUP);
  std::vector<std::string> changed;
  std::string line;
  while ((line = child_->line("event=")).find("event=reloaded") == line.npos && !line.empty())
    changed.push_back(field(line, "event") + " " + field(line, "key"));
  EXPECT_EQ(changed, (std::vector<std::string>{"config_changed log.level", "config_changed ng.allow",
                                               "config_changed realm[0].e2ae",
                                               "config_needs_restart limits.candidates"}));
  EXPECT_EQ(exchange(SOCK_DGRAM, ng_, "c1 d7:command4:pinge"), "c1 d6:result4:ponge");  // was refused before
  EXPECT_EQ(end(), 0);
}

TEST_F(Up, SighupWithABrokenFileKeepsEverything) {
  start();
  write_file(config(), "[ng]\nlisten = 1\n");
  child_->signal(SIGHUP);
  EXPECT_NE(child_->line("event=reload_refused").find("postern.toml:2: ng.listen: expected"),
            std::string::npos);
  EXPECT_NE(child_->line("event=reloaded"), "");
  EXPECT_EQ(exchange(SOCK_DGRAM, ng_, "c1 d7:command4:pinge"), "c1 d6:result4:ponge");
  EXPECT_EQ(end(), 0);
}

TEST_F(Up, SighupReloadsCertificatesAndKeepsTheOldOneWhereTheNewIsBroken) {
  const auto cert = folder_ + "/cert.pem", key = folder_ + "/key.pem";
  const auto store = [&](const crypto::Identity& identity) {
    write_file(cert, identity.certificate_pem());
    write_file(key, identity.private_key_pem());
    return base::to_string(identity.fingerprint());
  };
  const auto first = store(crypto::Identity::self_signed("one"));
  configure("tls = { cert = \"" + cert + "\", key = \"" + key + "\" }");
  child_ = std::make_unique<Child>(arguments(config()));
  EXPECT_NE(child_->line("event=identity realm=access").find(first), std::string::npos);
  EXPECT_NE(child_->line("event=ready"), "");
  const auto second = store(crypto::Identity::self_signed("two"));
  child_->signal(SIGHUP);
  EXPECT_NE(child_->line("event=identity realm=access").find(second), std::string::npos);
  write_file(cert, "no certificate");
  child_->signal(SIGHUP);
  EXPECT_NE(child_->line("event=identity_kept realm=access").find("cert.pem"), std::string::npos);
  EXPECT_EQ(end(), 0);
}

TEST_F(Up, TellsTheServiceManager) {
  const auto name = folder_ + "/notify";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  const int ear = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  ASSERT_EQ(::bind(ear, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const timeval limit{patience_ms / 1000, 0};
  ::setsockopt(ear, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const auto hear = [&] {
    char text[200];
    const auto n = ::recv(ear, text, sizeof text, 0);
    return n < 0 ? std::string{} : std::string(text, static_cast<std::size_t>(n));
  };
  ::setenv("NOTIFY_SOCKET", name.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  ::setenv("WATCHDOG_USEC", "20000", 1);       // NOLINT(concurrency-mt-unsafe)
  start();
  ::unsetenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe)
  ::unsetenv("WATCHDOG_USEC");  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(hear(), "READY=1");
  EXPECT_EQ(hear(), "WATCHDOG=1");
  child_->signal(SIGHUP);
  std::string text;
  while ((text = hear()) == "WATCHDOG=1") {
  }
  EXPECT_TRUE(text.starts_with("RELOADING=1\nMONOTONIC_USEC=")) << text;
  while ((text = hear()) == "WATCHDOG=1") {
  }
  EXPECT_EQ(text, "READY=1");
  EXPECT_EQ(end(), 0);
  while ((text = hear()) == "WATCHDOG=1") {
  }
  EXPECT_EQ(text, "STOPPING=1");
  ::close(ear);
}

TEST_F(Up, AKeyLogIsMadeAndWarnedOf) {
  keylog_ = folder_ + "/keys";
  child_ = std::make_unique<Child>(arguments(config(), keylog_));
  EXPECT_NE(child_->line("level=warning event=keylog file=" + keylog_), "");
  EXPECT_NE(child_->line("event=ready"), "");
  struct stat about{};
  EXPECT_EQ(::stat(keylog_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  EXPECT_EQ(end(), 0);
}

TEST_F(Up, APortInUseIsOneLineAndUsageError) {
  start();
  const auto refuse = [&](const std::string& text, std::string_view key) {
    write_file(config(), text);
    auto quiet = arguments(config());
    quiet.log_level = base::LogLevel::error;
    Child second(quiet);
    const auto line = second.line("");
    EXPECT_TRUE(line.starts_with("postern: " + std::string(key))) << line;
    EXPECT_NE(line.find(key == "ng.listen" ? ng_ : admin_), std::string::npos) << line;
    EXPECT_EQ(second.line(""), "");
    EXPECT_EQ(second.wait(), 2);
  };
  refuse("[ng]\nlisten = [\"udp:" + ng_ + "\"]\n[admin]\nlisten = \"\"\n", "ng.listen");
  refuse("[ng]\nlisten = [\"udp:127.0.0.1:0\"]\n[admin]\nlisten = \"" + admin_ + "\"\n", "admin.listen");
  EXPECT_EQ(end(), 0);
}

TEST_F(Up, BadConfigurationIsOneLineAndUsageError) {
  const auto refuse = [&](const UpArguments& given, std::string_view part) {
    Child child(given);
    const auto line = child.line("postern: ");
    EXPECT_NE(line.find(part), std::string::npos) << line;
    EXPECT_EQ(child.line(""), "");
    EXPECT_EQ(child.wait(), 2);
  };
  refuse(arguments(folder_ + "/missing.toml"), "missing.toml: cannot be opened");
  write_file(config(), "[ng]\nlistn = []\n");
  refuse(arguments(config()), "postern.toml:2: ng.listn: unknown key");
  write_file(config(), "[controller]\ngateways = [\"h248\"]\n");
  refuse(arguments(config()), "controller.h248.listen: ");
  configure("tls = { cert = \"/nonexistent\", key = \"/nonexistent\" }");
  refuse(arguments(config()), "realm[0].tls: ");
  configure("");
  refuse(arguments(config(), folder_ + "/no/file"), "--keylog: ");
}

}  // namespace
}  // namespace app
