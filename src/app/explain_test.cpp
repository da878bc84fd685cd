#include "app/explain.hpp"

#include <gtest/gtest.h>

#include "tests/support/sdp_samples.hpp"

namespace app {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

TEST(Explain, SaysWhatWouldBecomeOfAnOfferAndItsAnswer) {
  Question question;
  question.offer = test::e2ae_chat().text();
  question.answer = test::plain_chat().text();
  const auto out = explain(question);
  ASSERT_TRUE(out);
  EXPECT_EQ(*out->find("served"), 1);
  const auto& offer = *out->find("offer")->dictionary();
  EXPECT_TRUE(has(offer.text("sdp"), "m=message 26000 TCP/MSRP *")) << offer.text("sdp");
  const auto& answer = *out->find("answer")->dictionary();
  EXPECT_TRUE(has(answer.text("sdp"), "m=message 20000 TCP/TLS/MSRP *"));
  EXPECT_TRUE(has(answer.text("why"), "both ends do CEMA"));
  EXPECT_EQ(out->text("mode"), "agnostic");
  EXPECT_EQ(out->text("why"), answer.text("why"));
  const auto text = explain_text(*out);
  for (const auto* part :
       {"offer\n", "answer\n", "mode: agnostic", "a=3ge2ae:applied", "caller", "callee", "cema"})
    EXPECT_TRUE(has(text, part)) << part << "\n" << text;
  EXPECT_FALSE(has(text, "\\x0d")) << text;
}

TEST(Explain, TakesRealmsFlagsAndWhereTheOfferWasSeen) {
  Question question;
  question.offer = test::plain_chat().text();
  question.from = "core";
  question.to = "access";
  question.flags = {"msrp-e2ae", "msrp-setup=passive"};
  question.received_from = "2001:db8::7";
  const auto out = explain(question);
  ASSERT_TRUE(out);
  EXPECT_TRUE(has(out->find("offer")->dictionary()->text("sdp"), "m=message 20000 TCP/TLS/MSRP *"));
  EXPECT_TRUE(has(explain_text(*out), "2001:db8::7"));
}

TEST(Explain, ARefusalIsAnAnswer) {
  Question question;
  auto chat = test::e2ae_chat();
  chat.fingerprint.clear();
  question.offer = chat.text();
  const auto out = explain(question);
  ASSERT_TRUE(out);
  EXPECT_EQ(*out->find("served"), 0);
  EXPECT_TRUE(has(out->text("why"), "a=fingerprint"));
  EXPECT_TRUE(has(explain_text(*out), "refused: ")) << explain_text(*out);
  question.offer = test::Chat().text();
  question.answer = test::tls_chat().text();  // TLS where none was offered
  EXPECT_EQ(*explain(question)->find("served"), 0);
}

TEST(Explain, WhatItCannotUnderstandIsNamed) {
  Question question;
  question.offer = "nonsense";
  EXPECT_TRUE(has(explain(question).error(), "the offer is no SDP: line 1"));
  question.offer = "v=0\r\nm=audio 1 RTP/AVP 0\r\n";
  EXPECT_TRUE(has(explain(question).error(), "no m=message section"));
  question.offer = test::Chat().text();
  question.answer = "v=1";
  EXPECT_TRUE(has(explain(question).error(), "the answer is no SDP"));
  question.answer.clear();
  question.to = "nowhere";
  EXPECT_EQ(explain(question).error(), "no realm is named 'nowhere'");
  question.to.clear();
  question.flags = {"msrp-tsl=tcp"};
  EXPECT_TRUE(has(explain(question).error(), "msrp-tsl"));
  question.flags = {"msrp-tls=tpc"};
  EXPECT_TRUE(has(explain(question).error(), "msrp-tls"));
}

}  // namespace
}  // namespace app
