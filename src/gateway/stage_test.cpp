#include "gateway/stage.hpp"

#include <string>

#include <gtest/gtest.h>

namespace {

using gateway::Stage;
using Pieces = std::vector<std::string_view>;

TEST(Stage, KeepsTheOrderOfWhatIsCopiedAndWhatIsNoted) {
  Stage stage(4);
  const std::string body(1000, 'b');
  for (const auto* head : {"he", "ad"}) stage.copy(head);
  stage.note(body);
  stage.copy("end and a next head");  // the copies move in memory
  stage.note(body);
  EXPECT_EQ(stage.view(), (Pieces{"head", body, "end and a next head", body}));
  EXPECT_EQ(stage.view()[1].data(), body.data());
  EXPECT_EQ(stage.copied(), 23U);
  stage.clear();
  EXPECT_TRUE(stage.view().empty());
  stage.copy("new");
  EXPECT_EQ(stage.view(), Pieces{"new"});
}

TEST(Stage, IsFullBeforeOneSendDoesNotTakeIt) {
  Stage stage(100);
  while (!stage.full()) {
    stage.copy("c");
    stage.note("n");
  }
  EXPECT_EQ(stage.view().size(), Stage::most_pieces);
  for (int i = 0; i < 100; ++i) stage.copy("c");
  EXPECT_EQ(stage.view().size(), Stage::most_pieces + 1);
}

}  // namespace
