#include "iq/context_table.hpp"

#include <gtest/gtest.h>

namespace {

TEST(TerminationIds, MatchWholeLevelsOrAllThatFollow) {
  EXPECT_TRUE(iq::matches("*", "ip/1/access/25"));
  EXPECT_TRUE(iq::matches("ip/*", "ip/1/access/25"));
  EXPECT_TRUE(iq::matches("IP/1/Access/*", "ip/1/access/25"));
  EXPECT_TRUE(iq::matches("ip/*/access/25", "ip/1/access/25"));
  EXPECT_FALSE(iq::matches("ip/*/core/*", "ip/1/access/25"));
  EXPECT_FALSE(iq::matches("ip/1/access/2", "ip/1/access/25"));
  EXPECT_FALSE(iq::matches("ip/1/access/25/*", "ip/1/access/25"));
  EXPECT_FALSE(iq::matches("ip/1", "ip/1/access/25"));
  EXPECT_FALSE(iq::matches("ip/1/a*", "ip/1/access/25"));
}

TEST(TerminationIds, HaveTheirRealmsNameAsFarAsTheGrammarGoes) {
  EXPECT_EQ(iq::choose_id("$", "my-realm.example", 7), "ip/1/my_realm_example/7");
  EXPECT_EQ(iq::level_of("my-realm.example"), "my_realm_example");
  EXPECT_EQ(iq::level_of(std::string(100, 'x')).size(), 30u);
  EXPECT_EQ(iq::interface_of("ip/1/access/25"), "access");
  EXPECT_EQ(iq::interface_of("ip"), "");
}

TEST(ContextTable, FindsContextsByNumberByTheGatewaysIdAndByTermination) {
  iq::ContextTable table;
  auto& context = table.create();
  EXPECT_EQ(context.number, 1u);
  EXPECT_EQ(table.create().number, 2u);
  table.bind(context, iq::ContextId{77});
  iq::Termination termination;
  termination.id = "ip/1/Access/1";
  termination.seam = iq::TerminationId{1};
  table.add(context, termination);
  EXPECT_EQ(table.find(iq::ContextId{77}), &context);
  EXPECT_EQ(table.owner_of("IP/1/ACCESS/1"), &context);
  EXPECT_EQ(context.find("ip/1/access/1"), 0u);
  EXPECT_NE(context.find(iq::TerminationId{1}), nullptr);
  table.erase(1);
  EXPECT_EQ(table.find(iq::ContextId{77}), nullptr);
  EXPECT_EQ(table.owner_of("ip/1/access/1"), nullptr);
  EXPECT_EQ(table.numbers(), std::vector<std::uint32_t>{2});
  EXPECT_EQ(table.terminations(), 0u);
}

}  // namespace
