#include "iq/stream_sdp.hpp"

#include <gtest/gtest.h>

namespace {

using iq::StreamSdp;
using Given = iq::StreamSdp::Given;

std::vector<StreamSdp> parsed(std::string_view text) {
  auto out = iq::parse_stream_sdp(text);
  EXPECT_TRUE(out) << (out ? "" : out.error().text);
  return out ? *out : std::vector<StreamSdp>{};
}
StreamSdp one(std::string_view text) {
  auto out = parsed(text);
  EXPECT_EQ(out.size(), 1u);
  return out.empty() ? StreamSdp{} : out.front();
}

TEST(StreamSdp, ChooseAndValuesAreToldApart) {
  const auto asked =
      one("v=0\nc=IN IP4 $\nm=message $ TCP/TLS -\na=setup:passive\na=fingerprint:SHA-256 $\n");
  EXPECT_EQ(asked.host_given, Given::choose);
  EXPECT_EQ(asked.port_given, Given::choose);
  EXPECT_EQ(asked.transport, iq::Transport::tcp_tls);
  EXPECT_EQ(asked.setup, "passive");
  EXPECT_TRUE(asked.asks_fingerprint);
  EXPECT_EQ(asked.asked_hashes, std::vector<std::string>{"sha-256"});

  const auto given = one(
      "c=IN IP6 2001:db8::5\r\nm=message 4242 tcp/tls/msrp *\r\na=path:msrps://h:1/s;tcp msrp://i:2/t;tcp");
  EXPECT_EQ(given.host_given, Given::value);
  EXPECT_TRUE(given.ipv6);
  EXPECT_EQ(given.host, "2001:db8::5");
  EXPECT_EQ(given.port, 4242);
  EXPECT_EQ(given.transport, iq::Transport::tcp_tls_msrp);
  EXPECT_EQ(given.formats, "*");
  EXPECT_EQ(given.path.size(), 2u);
  EXPECT_FALSE(given.asks_fingerprint);

  const auto open = one("v=0\nc=IN IP4 *\nm=application * TCP\n");
  EXPECT_EQ(open.host_given, Given::any);
  EXPECT_EQ(open.port_given, Given::any);
  EXPECT_EQ(open.media, "application");
}

TEST(StreamSdp, AFingerprintIsAskedForInThreeForms) {
  for (const auto* form : {"$", "$ $", "SHA-256 $"}) {
    const auto sdp = one("m=message $ TCP/TLS -\na=fingerprint:" + std::string(form));
    EXPECT_TRUE(sdp.asks_fingerprint) << form;
    EXPECT_TRUE(sdp.fingerprints.empty());
  }
}

TEST(StreamSdp, WhatIsNotUnderstoodIsKeptInOrder) {
  const auto sdp = one("v=0\no=- 1 1 IN IP4 h\ns=-\nt=0 0\nc=IN IP4 $\nm=message $ TCP -\na=x:1\nb=AS:5\n");
  EXPECT_EQ(sdp.other_lines,
            (std::vector<std::string>{"o=- 1 1 IN IP4 h", "s=-", "t=0 0", "a=x:1", "b=AS:5"}));
}

TEST(StreamSdp, AlternativesThatCannotBeServedAreLeftOut) {
  const auto two = parsed("v=0\nm=audio 1 RTP/AVP 0\nv=0\nm=message 2 TCP -\nv=0\nm=message 3 TCP/TLS -\n");
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].port, 2);
  EXPECT_EQ(two[1].port, 3);
  EXPECT_TRUE(parsed("").empty());
  EXPECT_TRUE(parsed("\r\n \n").empty());
}

TEST(StreamSdp, PrintsWhatItHasParsed) {
  for (const auto* text :
       {"v=0\r\nc=IN IP4 $\r\nm=message $ TCP/TLS -\r\na=setup:passive\r\na=fingerprint:$\r\n",
        "v=0\r\nc=IN IP6 2001:db8::1\r\nm=message 9 TCP/MSRP * x\r\na=setup:actpass\r\n"
        "a=fingerprint:sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB\r\n"
        "a=fingerprint:sha-512 $\r\na=path:msrp://$:$/a;tcp msrp://b:1/c;tcp\r\na=other\r\n",
        "v=0\r\nc=IN IP4 *\r\nm=message * TCP -\r\n", "v=0\r\n"}) {
    const auto sdp = one(text);
    EXPECT_EQ(iq::print_stream_sdp(sdp), text);
    EXPECT_EQ(one(iq::print_stream_sdp(sdp)), sdp);
  }
}

TEST(StreamSdp, ErrorsHaveACodeAndNameTheLine) {
  struct Case {
    const char* text;
    unsigned code;
    const char* names;
  };
  for (const auto& each :
       {Case{"m=audio 4000 RTP/AVP 0", 515, "RTP/AVP"}, Case{"m=message", 474, "m=message"},
        Case{"m=message 70000 TCP -", 474, "70000"}, Case{"m=message 1/2 TCP -", 474, "1/2"},
        Case{"m=message 1 TCP -\nm=message 2 TCP -", 474, "m=message 2"}, Case{"c=IN IP4", 474, "c=IN IP4"},
        Case{"c=ATM NSAP x", 474, "NSAP"}, Case{"c=IN IP7 x", 449, "IP7"},
        Case{"a=setup:sideways", 449, "sideways"}, Case{"a=fingerprint:sha-256 zz", 474, "zz"},
        Case{"a=fingerprint:", 474, "fingerprint"}, Case{"a=path:", 474, "a=path"}, Case{"v=1", 474, "v=1"},
        Case{"hello", 474, "hello"}}) {
    const auto out = iq::parse_stream_sdp(each.text);
    ASSERT_FALSE(out) << each.text;
    EXPECT_EQ(out.error().code, each.code) << each.text;
    EXPECT_NE(out.error().text.find(each.names), std::string::npos) << out.error().text;
  }
}

}  // namespace
