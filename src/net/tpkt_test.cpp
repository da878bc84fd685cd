#include "net/tpkt.hpp"

#include <gtest/gtest.h>

#include "base/buffer.hpp"
#include "tests/support/every_cut.hpp"

namespace {

using namespace net;
using namespace std::string_literals;

std::string packet(std::string_view message) {
  const auto head = tpkt_head(message.size());
  return std::string(head.data(), head.size()) + std::string(message);
}

/// What a stream in these pieces says: its messages in brackets, an error ends it, what is left is counted.
std::string tell(const test::Pieces& pieces, std::size_t longest = tpkt_longest) {
  std::string tale;
  base::Buffer in;
  for (const auto piece : pieces) {
    in.append(piece);
    for (;;) {
      const auto message = first_tpkt(in.view(), longest);
      if (!message) return tale + std::string(to_string(message.error()));
      if (!*message) break;
      tale += "[" + std::string(**message) + "]";
      in.consume(tpkt_head_size + (*message)->size());
    }
  }
  return tale + std::to_string(in.size());
}

TEST(Tpkt, head_counts_itself) {
  EXPECT_EQ(packet("abc"), "\x03\x00\x00\x07"s + "abc");
  const auto longest = tpkt_head(tpkt_longest);
  EXPECT_EQ(std::string(longest.data(), longest.size()), "\x03\x00\xFF\xFF"s);
}

TEST(Tpkt, every_cut_of_a_stream_tells_the_same) {
  const auto wire = packet("!/2 [192.0.2.1]") + packet("x") + packet(std::string(300, 'y')) + "\x03\x00\x00"s;
  EXPECT_EQ(tell({wire}), "[!/2 [192.0.2.1]][x][" + std::string(300, 'y') + "]3");
  test::expect_every_cut_tells_the_same(wire, [](const auto& pieces) { return tell(pieces); });
}

TEST(Tpkt, every_cut_of_a_broken_stream_tells_the_same) {
  for (const auto& end : {"\x02\x00\x00\x07qqq"s, "\x03\x00\x00\x04"s, "\x03\x00\x00\x00"s, "!/2 [a] "s}) {
    test::expect_every_cut_tells_the_same(packet("good") + end,
                                          [](const auto& pieces) { return tell(pieces); });
  }
}

TEST(Tpkt, sees_a_wrong_version_in_the_first_octet) {
  EXPECT_EQ(tell({"\x02"}), "no TPKT of version 3");
  EXPECT_EQ(tell({"!"}), "no TPKT of version 3");
}

TEST(Tpkt, passes_over_the_reserved_octet) {
  EXPECT_EQ(tell({"\x03\xFF\x00\x05z"s}), "[z]0");
}

TEST(Tpkt, refuses_lengths_without_a_message) {
  for (const char length : {'\0', '\1', '\3', '\4'})
    EXPECT_EQ(tell({"\x03\x00\x00"s + length}), "a TPKT without a message") << int(length);
}

TEST(Tpkt, holds_the_limit_at_the_head) {
  EXPECT_EQ(tell({packet("12345678")}, 8), "[12345678]0");
  EXPECT_EQ(tell({packet("123456789").substr(0, 4)}, 8), "a TPKT that is too long");
  const std::string longest(tpkt_longest, 'l');
  EXPECT_EQ(tell({packet(longest)}), "[" + longest + "]0");
}

}  // namespace
