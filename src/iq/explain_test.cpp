#include "iq/explain.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "iq/explain_tables.hpp"
#include "proto/h248/codec.hpp"

namespace iq {
namespace {

std::string explained(std::string_view text) {
  const auto message = h248::parse(text);
  EXPECT_TRUE(message) << text << "\n" << (message ? "" : to_string(message.error()));
  return message ? explain(*message) : "";
}

void expect_line(const std::string& text, std::string_view line) {
  EXPECT_NE(("\n" + text + "\n").find("\n" + std::string(line) + "\n"), std::string::npos)
      << line << "\n--- is not in ---\n"
      << text;
}

TEST(Explain, NamesNumbersAndWordsAreSaidBehindThem) {
  const auto text = explained(
      "!/2 [192.0.2.1]:2944 T=1{C=${A=ip/1/a/${M{ST=1{O{MO=IN,ipdc/realm=\"a\",tman/sdr=100}}},"
      "E=7{hangterm/thb{timerx=300}},SG{ipnapt/latch{napt=LATCH}}}}}T=2{C=3{O-W-S=*{AT{}}}}");
  for (
      const auto* line : {
          "  Context = $ {  ; a new context, the gateway chooses its number",
          "    Add = ip/1/a/$ {  ; the gateway chooses what $ is",
          "            Mode = Inactive,  ; nothing passes",
          "            ipdc/realm = \"a\",  ; IP realm: on which side of the gateway",
          "            tman/sdr = 100  ; sustained rate, octets a second",
          "        hangterm/thb {  ; termination heartbeat: does the controller still know this termination?",
          "          timerx = 300  ; seconds without a command until it is asked",
          "          napt = LATCH  ; OFF, LATCH (once) or RELATCH (anew)",
          "    O-W-Subtract = * {  ; all that match, one reply for all of them, those behind it are executed "
          "even if it fails",
          "      Audit { }  ; nothing is to be told but whether it is there",
      })
    expect_line(text, line);
}

TEST(Explain, WhatThePeerHasSaidItselfIsNotRepeated) {
  const auto error = [](std::string_view text) {
    return explained("!/2 [192.0.2.1] P=1{ER=430{\"" + std::string(text) + "\"}}");
  };
  expect_line(error("Unknown TerminationID"), "  Error = 430 {");
  expect_line(error("what?"), "  Error = 430 {  ; Unknown TerminationID");
  const auto change = [](std::string_view reason) {
    return explained("!/2 [192.0.2.1] T=1{C=-{SC=ROOT{SV{MT=RS,RE=\"" + std::string(reason) + "\"}}}}");
  };
  expect_line(change("901 Cold Boot"), "        Reason = \"901 Cold Boot\"");
  expect_line(change("901"), "        Reason = \"901\"  ; Cold Boot");
  expect_line(change("901"), "        Method = Restart,  ; it begins, or has begun anew");
  expect_line(change("nothing"), "        Reason = \"nothing\"");
}

TEST(Explain, AnSdpIsExplainedAboveItAndKeptAsItIs) {
  const std::string sdp =
      "v=0\r\nc=IN IP4 $\r\nm=message $ TCP/TLS -\r\na=setup:passive\r\na=fingerprint:$\r\na=x:{\\};y\r\n";
  const auto text = explained("!/2 [192.0.2.1] T=1{C=1{MF=a/1{M{L{" + sdp +
                              "},R{v=0\nm=message 9 TCP/MSRP *\n" + "a=setup:active\n}}}}}");
  expect_line(
      text,
      "        ; Local: the gateway chooses the address, the gateway chooses the port, TLS ends at the "
      "gateway, octets pass as they are, the gateway waits to be connected to, the gateway's "
      "certificate fingerprint is asked for");
  expect_line(text, "        ; Remote: the gateway reads MSRP, the peer connects");
  EXPECT_NE(text.find("Local {\n" + sdp + "}"), std::string::npos) << text;
}

TEST(Explain, TheTextIsTheSameMessage) {
  std::size_t messages = 0;
  for (const auto& entry : std::filesystem::directory_iterator(POSTERN_SOURCE_DIR "/tests/data/fuzz/h248")) {
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    const auto message = h248::parse(text.str());
    if (!message) continue;
    ++messages;
    const auto again = h248::parse(explain(*message));
    ASSERT_TRUE(again) << entry.path() << ": " << to_string(again.error()) << "\n" << explain(*message);
    EXPECT_EQ(*again, *message) << entry.path();
  }
  EXPECT_GT(messages, 20U);
}

TEST(Explain, TheTablesAnswerToEveryCaseOfLettersAndToNothingElse) {
  EXPECT_EQ(error_meaning(400), "Syntax error in message");
  EXPECT_EQ(error_meaning(702), "Sieve Actions Exceeded Error (H.248.69)");
  EXPECT_EQ(error_meaning(399), "");
  EXPECT_EQ(error_meaning(703), "");
  EXPECT_EQ(reason_meaning(920), "Cold Failover");
  EXPECT_EQ(reason_meaning(0), "");
  EXPECT_EQ(package_title("TMAN"), "traffic management (H.248.53)");
  EXPECT_EQ(package_title("nobody"), "");
  EXPECT_EQ(element_title("tcpbcc/estbnc"), "establish the TCP connection");
}

}  // namespace
}  // namespace iq
