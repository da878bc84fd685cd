#include "iq/status_text.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using iq::Packages;

std::string text(const std::vector<h248::Statistic>& statistics) {
  std::string out;
  for (const auto& each : statistics) {
    const auto& value = *each.value;
    const std::string mark = value.quoted ? "\"" : "";
    out += each.name.package + '/' + each.name.item + '=' + mark + value.text + mark + ' ';
  }
  return out;
}

iq::TerminationStatus everything() {
  iq::TerminationStatus status;
  status.realm = "access";
  status.transport = iq::Transport::tcp_tls_msrp;
  status.setup = iq::Setup::active;
  status.state = iq::TerminationState::connected;
  status.local = *base::Address::parse("192.0.2.1:2855");
  status.peer = base::Address::parse("[2001:db8::1]:9");
  status.tls_version = "TLSv1.3";
  status.tls_cipher = "TLS_AES_128_GCM_SHA256";
  status.peer_fingerprint = base::Fingerprint{"sha-256", std::string(32, '\x11')};
  status.cause = "none";
  status.counters = {1,  2, {{"SEND", 3}, {"200", 4}}, {{"REPORT", 5}}, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                     15, 16};
  return status;
}

TEST(StatusText, WhatIsEmptyIsLeftOut) {
  EXPECT_EQ(
      text(iq::statistics_of({}, Packages{}, 1500ms)),
      "nt/dur=1500 nt/os=0 nt/or=0 xpostern/st=\"waiting\" xpostern/tp=\"TCP\" xpostern/setup=\"passive\" ");
}

TEST(StatusText, SaysEverythingThatIsKnown) {
  const auto written = text(iq::statistics_of(everything(), Packages{}, 0s));
  EXPECT_NE(written.find("nt/os=2 nt/or=1 "), std::string::npos);
  EXPECT_NE(written.find("xpostern/mi=\"200=4,SEND=3\""), std::string::npos);
  EXPECT_NE(written.find("xpostern/rp=16"), std::string::npos);
}

TEST(StatusText, IsReadAsItWasWritten) {
  const auto status = everything();
  const auto again = iq::status_of(iq::statistics_of(status, Packages{}, 0s), Packages{});
  EXPECT_EQ(text(iq::statistics_of(again, Packages{}, 0s)), text(iq::statistics_of(status, Packages{}, 0s)));
  EXPECT_EQ(again.counters.messages_in, status.counters.messages_in);
  EXPECT_EQ(again.peer, status.peer);
}

TEST(StatusText, WithoutOurOwnPackageOnlyTheStandardOnesAreWritten) {
  const auto bare = *Packages::make({{"xpostern", "-"}});
  EXPECT_EQ(text(iq::statistics_of(everything(), bare, 2s)), "nt/dur=2000 nt/os=2 nt/or=1 ");
}

TEST(StatusText, WhatCannotBeReadIsPassedOver) {
  const std::vector<h248::Statistic> odd{{{"nt", "os"}, {}},
                                         {{"nobody", "x"}, h248::Value{"1"}},
                                         {{"nt", "or"}, h248::Value{"-1"}},
                                         {{"XPOSTERN", "PEER"}, h248::Value{"nowhere", true}},
                                         {{"xpostern", "tp"}, h248::Value{"UDP", true}},
                                         {{"xpostern", "mi"}, h248::Value{",=,SEND,SEND=x,a=1", true}}};
  const auto status = iq::status_of(odd, Packages{});
  EXPECT_EQ(status.counters.octets_in, 0u);
  EXPECT_FALSE(status.peer);
  EXPECT_EQ(status.counters.messages_in, (std::map<std::string, std::uint64_t>{{"a", 1}}));
}

}  // namespace
