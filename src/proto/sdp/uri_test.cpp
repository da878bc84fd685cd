#include "proto/sdp/uri.hpp"

#include <gtest/gtest.h>

namespace sdp {
namespace {

TEST(Uri, AuthorityIsHostAndPort) {
  EXPECT_EQ(uri_authority("msrp://a.example.com:7394/2s9;tcp"), (Authority{"a.example.com", 7394}));
  EXPECT_EQ(uri_authority("msrps://user@192.0.2.1:9/s;tcp"), (Authority{"192.0.2.1", 9}));
  EXPECT_EQ(uri_authority("msrps://[2001:db8::10]:49170/s;tcp"), (Authority{"2001:db8::10", 49170}));
  EXPECT_EQ(uri_authority("msrp://host;tcp"), (Authority{"host", std::nullopt}));
  EXPECT_EQ(uri_authority("msrp://[::1];tcp"), (Authority{"::1", std::nullopt}));
}

TEST(Uri, WithoutAProperAuthorityThereIsNone) {
  for (const auto* bad :
       {"", "msrp", "://h:1/s;tcp", "msrp://", "msrp:///s;tcp", "msrp://:1/s", "msrp://h:/s",
        "msrp://h:65536/s", "msrp://h:1x/s", "msrp://[::1/s", "msrp://[x]:1/s", "msrp://[::1]x/s",
        "msrp://2001:db8::1:9/s;tcp", "msrp://h h:1/s;tcp"}) {
    EXPECT_EQ(uri_authority(bad), std::nullopt) << bad;
    EXPECT_EQ(with_authority(bad, "gw", 1), std::nullopt) << bad;
  }
}

TEST(Uri, OnlyHostAndPortAreReplaced) {
  EXPECT_EQ(with_authority("msrps://u@ue.invalid:9/a/b=+;tcp;x=y", "192.0.2.1", 26000),
            "msrps://u@192.0.2.1:26000/a/b=+;tcp;x=y");
  EXPECT_EQ(with_authority("msrp://[2001:db8::1]/s;tcp", "2001:db8::2", 1), "msrp://[2001:db8::2]:1/s;tcp");
  EXPECT_EQ(with_authority("msrp://h:1;tcp", "gw.example.com", 2), "msrp://gw.example.com:2;tcp");
}

}  // namespace
}  // namespace sdp
