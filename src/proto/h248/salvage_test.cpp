#include <algorithm>

#include <gtest/gtest.h>

#include "proto/h248/braces.hpp"
#include "proto/h248/codec.hpp"

namespace h248 {
namespace {

std::string say(const Result<Parsed>& parsed) {
  if (!parsed) return to_string(parsed.error());
  std::string out = print(parsed->message, {.form = Form::compact});
  out.erase(0, out.find('\n') + 1);
  std::replace(out.begin(), out.end(), '\n', ' ');
  for (const auto& error : parsed->broken) {
    out += " !" + (error.transaction ? std::to_string(*error.transaction) : "?") + "/" +
           std::to_string(error.answer) + "@" + std::to_string(error.offset);
  }
  return out;
}
std::string saved(std::string_view body) {
  return say(salvage("!/2 gw " + std::string(body)));
}

TEST(H248Salvage, GivesWhatParsesAndSaysWhatDoesNot) {
  EXPECT_EQ(saved("PN=1{}PN=2{}"), "PN=1{} PN=2{}");
  EXPECT_EQ(saved("PN=1{} T=2{C=1{x}} PN=3{}"), "PN=1{} PN=3{} !2/443@22");
  EXPECT_EQ(saved("T=x{{}{}} ; {{ \n P=2{x} PN=3{}"), "PN=3{} !?/403@9 !2/422@28");
  EXPECT_EQ(saved("Foo{a} PN=3{}"), "PN=3{} !?/403@7");
  EXPECT_EQ(saved("PN=1{} x"), "PN=1{} !?/403@14");
  EXPECT_EQ(saved("PN=1{} T=2{C=1{"), "PN=1{} !2/442@22");
  EXPECT_EQ(saved("PN=1{}} PN=2{}"), "PN=1{} !?/403@13");
}

TEST(H248Salvage, KnowsWhichBracesCount) {
  for (const std::string_view inside : {
           "C=1{A=a{M{L{v=0 { { \" ;\\} }}}}",
           "C=1{A=a{M{ R ;{{\n {{{{}}}}",
           "C=1{A=a{M{ST=1{LOCAL{v=0\ni={\n},Remote{\"}}}}}",
           "C=1{A=a/L{M{O{p/q=\"{{{\"}}}}",
           "C=1{A=L{E}}",
           ";{{{\n",
           "\"}}}\",\"{\"",
           "L,R,L=1{{}}",
       }) {
    EXPECT_EQ(saved("T=2{" + std::string(inside) + ",?} PN=3{}").substr(0, 6), "PN=3{}") << inside;
  }
}

TEST(H248Salvage, FailsWhereTheHeaderDoes) {
  EXPECT_EQ(say(salvage("rubbish PN=1{}")), "line 1, octet 1: expected MEGACO/ and a version");
  EXPECT_EQ(say(salvage("!/2 [1] PN=1{}")), "line 1, octet 6: not an IP address: 1");
  EXPECT_EQ(say(salvage("!/2 gw ER=x")), "line 1, octet 11: expected a number");
  EXPECT_EQ(say(salvage("!/2 gw PN=1{}", {.octets = 12})), "line 1, octet 1: message too long");
}

TEST(H248Salvage, GivesUpAfterSixteen) {
  std::string text = "!/2 gw ";
  for (int i = 0; i < 20; ++i) text += "X{} ";
  const auto parsed = salvage(text + "PN=1{}");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->broken.size(), 16u);
  EXPECT_TRUE(std::get<std::vector<Transaction>>(parsed->message.body).empty());
}

TEST(H248Salvage, EndsWhereTheMessageHasTooManyItems) {
  const auto parsed = salvage("!/2 gw K{1,2,3} K{1,2,3} PN=1{}", {.items = 6});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(say(parsed), "K{1,2,3} !?/403@20");
}

TEST(H248Salvage, TellsWhatIsBrokenAndTheHeadersVersion) {
  for (const auto& [text, part] : std::initializer_list<std::pair<std::string_view, Part>>{
           {"T=1{}", Part::request},
           {"P=1{}", Part::reply},
           {"PN=1{x}", Part::pending},
           {"K{}", Part::ack},
           {"Q", Part::message},
       }) {
    const auto parsed = salvage("!/3 gw " + std::string(text));
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed->broken.size(), 1u);
    EXPECT_EQ(parsed->broken[0].part, part) << text;
    EXPECT_EQ(parsed->broken[0].version, 3);
  }
  EXPECT_EQ(salvage("!/9 gw ER=x").error().part, Part::error);
  EXPECT_EQ(salvage("!/x gw").error().version, std::nullopt);
}

}  // namespace
}  // namespace h248
