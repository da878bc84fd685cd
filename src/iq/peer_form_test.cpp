#include "iq/peer_form.hpp"

#include <gtest/gtest.h>

#include "proto/h248/codec.hpp"

namespace {

bool is_bare(const std::string& command) {
  const auto text = "!/1 gw1 T=1{C=1{" + command + "}}";
  const auto message = h248::parse(text);
  EXPECT_TRUE(message) << text;
  return iq::writes_bare_signals(*message, text);
}

TEST(PeerForm, BareSignalsAreSeen) {
  EXPECT_TRUE(is_bare("MF=ip/1/access/1{SG}"));
  EXPECT_TRUE(is_bare("MF=ip/1/access/1{Signals,E}"));
  EXPECT_TRUE(is_bare("AV=ROOT{AT{}},MF=ip/1/access/1{SG}"));
}

TEST(PeerForm, BracesAreTheGrammars) {
  EXPECT_FALSE(is_bare("MF=ip/1/access/1{SG{}}"));
  EXPECT_FALSE(is_bare("MF=ip/1/access/1{signals \r\n{ \t}}"));
}

TEST(PeerForm, WithoutAnEmptyDescriptorNothingIsSaid) {
  EXPECT_FALSE(is_bare("AV=ROOT{AT{SG}}"));
  EXPECT_FALSE(is_bare("MF=ip/1/access/1{SG{ipnapt/latch}}"));
  EXPECT_FALSE(is_bare("N=ROOT{OE=1{x/y{n=\"SG\"}}}"));
}

}  // namespace
