// What a session sends: binding, chunks, interruption, abort.
#include <gtest/gtest.h>

#include "proto/msrp/session.hpp"
#include "tests/support/msrp_session.hpp"

namespace {

using test::BoundAlice;
using test::count_tildes;
using test::flag_of;
using test::MsrpEnd;
using test::question;
using test::tildes;
using namespace std::chrono_literals;

TEST(SessionSends, ABodilessSendToBindAndDoesNotWaitForItsAnswer) {
  MsrpEnd alice(MsrpEnd::alice());
  EXPECT_EQ(alice.say(), "");
  alice.connect();
  EXPECT_EQ(alice.diary.take(), "bound\n");
  const auto wire = alice.say();
  const auto id = test::transaction_of(wire);
  EXPECT_GE(id.size(), 13u);  // 64 bits
  EXPECT_EQ(wire, "MSRP " + id + " SEND\r\nTo-Path: " + std::string(test::bob_uri) + "\r\nFrom-Path: " +
                      std::string(test::alice_uri) + "\r\nMessage-ID: " + test::field_of(wire, "Message-ID") +
                      "\r\nByte-Range: 1-0/0\r\n-------" + id + "$\r\n");
  ASSERT_TRUE(alice.session.send(msrp::text_message("hi")));
  EXPECT_NE(alice.say(), "");
  alice.hear(test::response_to(wire));
  EXPECT_EQ(alice.diary.take(), "sent 1\n");
}

TEST(SessionSends, AQueuedMessageInsteadOfTheBodilessSend) {
  MsrpEnd alice(MsrpEnd::alice());
  ASSERT_TRUE(alice.session.send(msrp::text_message("hi")));
  EXPECT_FALSE(alice.session.has_output());
  alice.connect();
  const auto wire = alice.say();
  EXPECT_EQ(test::field_of(wire, "Byte-Range"), "1-2/2");
  EXPECT_EQ(wire.find("MSRP", 1), wire.npos);
}

TEST(SessionSends, NothingOnThePassiveSideBeforeItIsBound) {
  MsrpEnd bob(MsrpEnd::bob());
  bob.connect();
  ASSERT_TRUE(bob.session.send(msrp::text_message("hi")));
  EXPECT_EQ(bob.say(), "");
  MsrpEnd alice(MsrpEnd::alice());
  alice.connect();
  bob.hear(alice.say());
  EXPECT_EQ(bob.say().find("hi\r\n") == std::string::npos, false);
}

TEST(SessionSends, NothingBeforeTheRemotePathIsKnown) {
  auto options = MsrpEnd::alice();
  options.remote.clear();
  MsrpEnd alice(std::move(options));
  alice.connect();
  EXPECT_EQ(alice.say(), "");
  alice.session.set_remote(*msrp::parse_path("msrp://relay:1/r;tcp msrp://b:2/s;tcp"));
  EXPECT_EQ(test::field_of(alice.say(), "To-Path"), "msrp://relay:1/r;tcp msrp://b:2/s;tcp");
}

TEST(SessionSends, ASmallMessageWithAllItsFieldsInOrder) {
  BoundAlice alice;
  auto message = msrp::text_message("Hi, I'm Alice!", "text/plain;charset=utf-8");
  message.message_id = "12339sdqwer";
  message.success_report = true;
  message.failure_report = msrp::FailureReport::partial;
  message.headers = {{"Content-Disposition", "render"}};
  alice.send(std::move(message));
  const auto wire = alice.say();
  const auto id = test::transaction_of(wire);
  EXPECT_EQ(wire, "MSRP " + id + " SEND\r\nTo-Path: " + std::string(test::bob_uri) +
                      "\r\nFrom-Path: " + std::string(test::alice_uri) +
                      "\r\nMessage-ID: 12339sdqwer\r\nByte-Range: 1-14/14\r\nSuccess-Report: yes\r\n"
                      "Failure-Report: partial\r\nContent-Disposition: render\r\n"
                      "Content-Type: text/plain;charset=utf-8\r\n\r\nHi, I'm Alice!\r\n-------" +
                      id + "$\r\n");
}

TEST(SessionSends, AnEmptyMessageWithItsContentType) {
  BoundAlice alice;
  alice.send(msrp::text_message(""));
  const auto wire = alice.say();
  EXPECT_EQ(test::field_of(wire, "Byte-Range"), "1-0/0");
  EXPECT_NE(wire.find("Content-Type: text/plain\r\n\r\n\r\n-------"), wire.npos);
}

TEST(SessionSends, OneInterruptibleChunkFromAbove2048Octets) {
  BoundAlice alice;
  alice.send(tildes(2048));
  EXPECT_EQ(test::field_of(alice.say(), "Byte-Range"), "1-2048/2048");
  alice.send(tildes(2049));
  EXPECT_EQ(test::field_of(alice.say(), "Byte-Range"), "1-*/2049");
  alice.send(tildes(1 << 20));
  const auto wire = alice.say(4096);
  EXPECT_EQ(wire.find("MSRP ", 1), wire.npos);
  EXPECT_EQ(count_tildes(wire), 1u << 20);
  EXPECT_EQ(flag_of(wire), '$');
}

TEST(SessionSends, NoMoreThanThereIsRoomFor) {
  BoundAlice alice;
  alice.send(tildes(1 << 20));
  EXPECT_EQ(alice.say_once(0), "");
  const auto head = alice.say_once(10);
  EXPECT_LT(head.size(), 2048u);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(alice.say_once(1000).size(), 1000u);
}

TEST(SessionSends, InterruptsAt2048OctetsForAResponseAndResumes) {
  BoundAlice alice;
  alice.send(tildes(10'000));
  auto wire = alice.say_once(500);
  alice.hear(question);
  wire += alice.say_once(1 << 20);
  const auto answer = wire.find("MSRP qqqq 200 OK");
  ASSERT_NE(answer, wire.npos);
  const auto first = wire.substr(0, answer), rest = wire.substr(wire.find("MSRP", answer + 1));
  EXPECT_EQ(count_tildes(first), 2048u);
  EXPECT_EQ(flag_of(first), '+');
  EXPECT_EQ(test::field_of(rest, "Byte-Range"), "2049-*/10000");
  EXPECT_EQ(test::field_of(rest, "Message-ID"), test::field_of(first, "Message-ID"));
  EXPECT_NE(test::transaction_of(rest), test::transaction_of(first));
  EXPECT_EQ(count_tildes(rest), 10'000u - 2048);
  EXPECT_EQ(flag_of(rest), '$');
}

TEST(SessionSends, InterruptsAtOnceWhenMoreThan2048OctetsAreOut) {
  BoundAlice alice;
  alice.send(tildes(10'000));
  auto wire = alice.say_once(5000);
  const auto before = count_tildes(wire);
  ASSERT_GT(before, 2048u);
  alice.hear(question);
  wire += alice.say_once(1 << 20);
  EXPECT_EQ(count_tildes(wire.substr(0, wire.find("MSRP qqqq"))), before);
}

TEST(SessionSends, TheLastOctetsAfterAnInterruptionAsAShortChunk) {
  BoundAlice alice;
  alice.send(tildes(2100));
  auto wire = alice.say_once(500);
  alice.hear(question);
  wire += alice.say();
  const auto last = wire.substr(wire.find("MSRP", wire.find("MSRP qqqq") + 1));
  EXPECT_EQ(test::field_of(last, "Byte-Range"), "2049-2100/2100");
  EXPECT_EQ(flag_of(last), '$');
}

TEST(SessionSends, FixedChunksWhenAsked) {
  for (const std::size_t octets : {2048, 1000, 10'000}) {
    auto options = MsrpEnd::alice();
    options.sender.fixed_chunk = octets;
    BoundAlice alice(std::move(options));
    alice.send(tildes(25'000));
    const auto wire = alice.say(700);
    std::size_t chunks = 0, at = 0;
    for (std::string_view rest = wire; !rest.empty(); ++chunks) {
      const auto next = rest.find("MSRP ", 1);
      const auto chunk = rest.substr(0, next);
      const auto expected = std::min(octets, 25'000 - at);
      EXPECT_EQ(count_tildes(chunk), expected);
      const auto end = expected > 2048 ? "*" : std::to_string(at + expected);
      EXPECT_EQ(test::field_of(chunk, "Byte-Range"), std::to_string(at + 1) + "-" + end + "/25000");
      at += expected;
      EXPECT_EQ(flag_of(chunk), at == 25'000 ? '$' : '+');
      rest = next == rest.npos ? "" : rest.substr(next);
    }
    EXPECT_EQ(chunks, (25'000 + octets - 1) / octets);
  }
}

TEST(SessionSends, AShortMessageInTheMiddleOfALongOne) {
  BoundAlice alice;
  alice.send(tildes(1 << 20));
  alice.say_once(100'000);
  alice.send(msrp::text_message("hello"));
  const auto wire = alice.say_once(10'000);
  EXPECT_NE(wire.find("\r\n\r\nhello\r\n-------"), wire.npos);
  EXPECT_EQ(alice.diary.take(), "sent 2\n");
  alice.say();
  EXPECT_EQ(alice.diary.take(), "sent 1\n");
}

TEST(SessionSends, TwoLongMessagesInFairShares) {
  auto options = MsrpEnd::alice();
  options.sender.fair_share = 10'000;
  BoundAlice alice(std::move(options));
  alice.send(tildes(30'000));
  alice.send(tildes(30'000));
  const auto wire = alice.say();
  std::string order;
  for (auto at = std::size_t{0}; at != wire.npos; at = wire.find("MSRP ", at + 1))
    order += test::field_of(wire.substr(at), "Byte-Range") + " ";
  EXPECT_EQ(order, "1-*/30000 1-*/30000 10001-*/30000 10001-*/30000 20001-*/30000 20001-*/30000 ");
  EXPECT_EQ(alice.diary.take(), "sent 1\nsent 2\n");
}

TEST(SessionSends, TheEndLineNowhereInsideABody) {
  for (const std::size_t filler : {0, 5000}) {
    std::string mark;
    {
      BoundAlice twin;  // what the same chance will choose
      twin.send(tildes(filler + 100));
      mark = "-------" + test::transaction_of(twin.say());
    }
    BoundAlice alice;
    const auto body = std::string(filler, 'x') + mark + "$\r\n" + mark + std::string(3000, 'y');
    alice.send(msrp::text_message(filler == 0 ? body.substr(0, 500) : body));
    const auto wire = alice.say(999);
    MsrpEnd bob(MsrpEnd::bob());
    bob.hear(wire);
    EXPECT_EQ(bob.diary.body, filler == 0 ? body.substr(0, 500) : body);
    const auto chunks = bob.session.counters().received.sends;
    if (filler == 0)
      EXPECT_EQ(chunks, 1u);  // another transaction id
    else
      EXPECT_EQ(chunks, 2u);  // interrupted
  }
}

TEST(SessionSends, AnAbortWhereverTheMessageIs) {
  BoundAlice alice;
  const auto unsent = alice.send(tildes(10));
  alice.session.abort(unsent);
  EXPECT_EQ(alice.say(), "");

  const auto on_its_way = alice.send(tildes(10'000));
  const auto wire = alice.say_once(5000);
  alice.session.abort(on_its_way);
  EXPECT_EQ(alice.say(), "\r\n-------" + test::transaction_of(wire) + "#\r\n");

  alice.send(tildes(10'000));
  auto first = alice.say_once(5000);
  alice.hear(question);
  first += alice.say_once(100);  // the chunk ended, the answer has begun
  alice.session.abort(msrp::OutgoingId{3});
  const auto rest = alice.say();
  const auto last = rest.substr(rest.find("MSRP", 1));
  EXPECT_EQ(test::field_of(last, "Message-ID"), test::field_of(first, "Message-ID"));
  EXPECT_EQ(flag_of(last), '#');
  EXPECT_EQ(count_tildes(last), 0u);
  MsrpEnd bob(MsrpEnd::bob());
  bob.hear(last);
  EXPECT_EQ(bob.diary.take(), "bound\nstarted 1 text/plain\naborted 1 by sender\n");
  EXPECT_EQ(alice.session.deadline(), base::never);
}

class Truncated : public msrp::Source {  // a file that shrank
 public:
  Truncated(std::uint64_t promised, std::uint64_t there) : promised_(promised), there_(there) {}
  std::uint64_t size() const override { return promised_; }
  std::size_t read(std::uint64_t offset, std::span<char> out) override {
    const auto n =
        static_cast<std::size_t>(std::min<std::uint64_t>(there_ - std::min(offset, there_), out.size()));
    std::fill_n(out.begin(), n, '~');
    return n;
  }

 private:
  std::uint64_t promised_, there_;
};

TEST(SessionSends, NoRestOfASourceThatFails) {
  BoundAlice alice;
  auto message = tildes(1);
  message.source = std::make_unique<Truncated>(1000, 500);
  alice.send(std::move(message));
  EXPECT_EQ(alice.say(), "");
  EXPECT_EQ(alice.diary.take(), "failed 1 0 the source failed\n");
  message = tildes(1);
  message.source = std::make_unique<Truncated>(200'000, 150'000);
  alice.send(std::move(message));
  const auto wire = alice.say(10'000);
  EXPECT_EQ(flag_of(wire), '#');
  EXPECT_EQ(wire.find("MSRP", 1), wire.npos);
  EXPECT_EQ(alice.diary.take(), "failed 2 0 the source failed\n");
}

TEST(SessionSends, AFileLargerThanMemoryFromItsSource) {
  BoundAlice alice;
  auto message = tildes(1, msrp::FailureReport::no);
  constexpr std::uint64_t size = 10ull << 30;
  message.source = std::make_unique<Truncated>(size, size);
  const auto id = alice.send(std::move(message));
  for (int i = 0; i < 100; ++i) ASSERT_LE(alice.say_once(1 << 16).size(), 1u << 16);
  EXPECT_GT(alice.session.progress(id)->sent, 6'000'000u);
  EXPECT_EQ(alice.session.progress(id)->size, size);
}

TEST(SessionSends, AKeepAliveWhenAsked) {
  BoundAlice alice;
  alice.session.keep_alive();
  const auto wire = alice.say();
  EXPECT_EQ(test::field_of(wire, "Byte-Range"), "1-0/0");
  EXPECT_EQ(wire.find("Content-Type"), wire.npos);
  alice.wait(31s);
  EXPECT_EQ(alice.diary.take(), "");
}

}  // namespace
