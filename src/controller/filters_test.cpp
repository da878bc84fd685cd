// What the realms' policies leave of a section on its way.
#include "controller/filters.hpp"

#include <gtest/gtest.h>

#include "tests/support/sdp_samples.hpp"

namespace controller {
namespace {

struct Filtered {
  std::string error, text;
};

/// A section with these lines, between realms with these policies.
Filtered filtered(const std::string& lines, const RealmPolicy& one, const RealmPolicy& other = {}) {
  auto document = sdp::Document::parse(
                      "v=0\r\no=- 1 1 IN IP4 192.0.2.99\r\ns=-\r\nt=0 0\r\n"
                      "m=message 9 TCP/MSRP *\r\n" +
                      test::crlf(lines))
                      .value();
  const auto done = filter_section(document, document.media().front(), one, other);
  const auto text = document.print();
  auto out = text.substr(text.find("TCP/MSRP *\r\n") + 12);
  std::erase(out, '\r');
  return {done ? "" : done.error(), out};
}
std::string left(const std::string& lines, const RealmPolicy& one, const RealmPolicy& other = {}) {
  return filtered(lines, one, other).text;
}

const RealmPolicy text_only{.name = "core", .accept_types = {"text/*", "Message/CPIM"}};

TEST(Filters, WithoutPolicyNothingIsTouched) {
  const std::string odd = "a=accept-types:  a/b   c/d\na=max-size:007\n";
  EXPECT_EQ(left(odd, {}), odd);
  EXPECT_EQ(left(odd, {.name = "r", .max_message = 7}), odd);
  EXPECT_EQ(left(odd, {.name = "r", .accept_types = {"*"}, .max_message = 8}), odd);
}

TEST(Filters, KeepAllowedTypesInTheirOrderAndSpelling) {
  EXPECT_EQ(left("a=accept-types:message/cpim image/png TEXT/plain;charset=utf-8\n", text_only),
            "a=accept-types:message/cpim TEXT/plain;charset=utf-8\n");
}

TEST(Filters, WildcardsBecomeWhatIsAllowedOfThem) {
  EXPECT_EQ(left("a=accept-types:*\n", text_only), "a=accept-types:text/* Message/CPIM\n");
  EXPECT_EQ(left("a=accept-types:message/* text/html\n", text_only),
            "a=accept-types:Message/CPIM text/html\n");
  EXPECT_EQ(left("a=accept-types:* text/*\n", text_only), "a=accept-types:text/* Message/CPIM\n");
}

TEST(Filters, BothRealmsMustAllowIt) {
  const RealmPolicy other{.name = "access", .accept_types = {"image/png", "text/plain"}};
  EXPECT_EQ(left("a=accept-types:* \n", text_only, other), "a=accept-types:text/plain\n");
  const auto none = filtered("a=accept-types:image/png\n", text_only, other);
  EXPECT_EQ(none.error, "realm 'core' lets none of these content types pass (accept_types): image/png");
  EXPECT_EQ(none.text, "a=accept-types:image/png\n");
}

TEST(Filters, WrappedTypesMayEndUpEmpty) {
  EXPECT_EQ(left("a=accept-types:message/cpim\na=accept-wrapped-types:text/plain image/png\n", text_only),
            "a=accept-types:message/cpim\na=accept-wrapped-types:text/plain\n");
  EXPECT_EQ(left("a=accept-types:message/cpim\na=accept-wrapped-types:image/png\n", text_only),
            "a=accept-types:message/cpim\n");
}

TEST(Filters, TheSmallestMaxMessageCounts) {
  EXPECT_EQ(left("a=sendonly\n", {.name = "r", .max_message = 5000}), "a=sendonly\na=max-size:5000\n");
  EXPECT_EQ(left("a=max-size:9000\n", {.name = "r", .max_message = 5000}, {.name = "r", .max_message = 4000}),
            "a=max-size:4000\n");
  EXPECT_EQ(left("a=max-size:300\n", {.name = "r", .max_message = 5000}), "a=max-size:300\n");
  EXPECT_EQ(left("a=max-size:lots\n", {.name = "r", .max_message = 5000}), "a=max-size:5000\n");
}

}  // namespace
}  // namespace controller
