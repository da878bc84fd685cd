#include "gateway/observer.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using Map = std::map<std::string, std::uint64_t>;

const std::string paths =
    "To-Path: msrp://a.example.com:7394/2s93i9ek2a;tcp\r\n"
    "From-Path: msrp://b.example.com:8493/si438dsaod;tcp\r\n";
const std::string send = "MSRP a786hjs2 SEND\r\n" + paths +
                         "Message-ID: 87652491\r\nByte-Range: 1-25/25\r\nContent-Type: text/plain\r\n\r\n"
                         "Hey Bob, are you there?\r\n\r\n-------a786hjs2$\r\n";
const std::string ok = "MSRP a786hjs2 200 OK\r\n" + paths + "-------a786hjs2$\r\n";
const std::string strange = "MSRP a786hjs2 WAVE\r\n" + paths + "-------a786hjs2$\r\n";

struct Watched {
  Observer observer;
  MessageCounts counts;
  void pass(std::string_view octets) {
    MessageCounts* const all[] = {&counts};
    observer.pass(octets, all);
  }
};

TEST(Observer, counts_requests_by_method_and_responses_by_status) {
  Watched watched;
  watched.pass(send + ok + send + ok);
  EXPECT_EQ(watched.counts.to_map(), (Map{{"SEND", 2}, {"200", 2}}));
}

TEST(Observer, counts_the_same_wherever_the_octets_are_cut) {
  const auto all = send + ok + send;
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    Watched watched;
    watched.pass(all.substr(0, cut));
    watched.pass(all.substr(cut));
    ASSERT_EQ(watched.counts.to_map(), (Map{{"SEND", 2}, {"200", 1}})) << "cut at " << cut;
  }
  Watched trickled;
  for (const char octet : all) trickled.pass({&octet, 1});
  EXPECT_EQ(trickled.counts.to_map(), (Map{{"SEND", 2}, {"200", 1}}));
}

TEST(Observer, puts_methods_and_codes_that_nobody_registered_under_other) {
  Watched watched;
  watched.pass(strange + "MSRP a786hjs2 299 Hm\r\n" + paths + "-------a786hjs2$\r\n");
  EXPECT_EQ(watched.counts.to_map(), (Map{{"other", 2}}));
}

TEST(Observer, gives_up_for_good_on_octets_that_are_not_msrp) {
  Watched watched;
  watched.pass(std::string("\x16\x03\x01\x02\x00\x01", 6));
  EXPECT_FALSE(watched.observer.observing());
  watched.pass(send);
  EXPECT_EQ(watched.counts.to_map(), Map{});
}

TEST(Observer, keeps_what_it_counted_before_the_octets_stopped_being_msrp) {
  Watched watched;
  watched.pass(send + "garbage\r\n" + send);
  EXPECT_EQ(watched.counts.to_map(), (Map{{"SEND", 1}}));
  EXPECT_FALSE(watched.observer.observing());
}

TEST(Observer, gives_up_on_a_head_beyond_its_limit_however_it_comes) {
  const auto endless = "MSRP a786hjs2 SEND\r\nTo-Path: " + std::string(Observer::head_limit + 10, 'x');
  Watched at_once;
  at_once.pass(endless);
  EXPECT_FALSE(at_once.observer.observing());
  Watched trickled;
  for (std::size_t i = 0; i < endless.size(); i += 100) trickled.pass(endless.substr(i, 100));
  EXPECT_FALSE(trickled.observer.observing());
}

TEST(Observer, starts_anew_with_a_new_connection) {
  Watched watched;
  watched.pass(send.substr(0, 40));
  watched.observer.restart();
  watched.pass(send);
  EXPECT_EQ(watched.counts.to_map(), (Map{{"SEND", 1}}));
}

}  // namespace
}  // namespace gateway
