// The call detail records of a whole program.
#include <algorithm>
#include <cstdio>

#include "tests/support/up_rig.hpp"

namespace app {
namespace {

using test::arguments;
using test::Child;
using test::exchange;
using test::offer;
using test::Up;

/// The call-ids of the records of a file, in their order.
std::string calls_in(const std::string& name) {
  std::string out, text(65536, 0);
  std::FILE* file = std::fopen(name.c_str(), "r");
  if (file == nullptr) return "";
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  constexpr std::string_view key = "\"call_id\":\"";
  for (auto at = text.find(key); at != text.npos; at = text.find(key, at + 1)) {
    const auto begin = at + key.size();
    out.append(text, begin, text.find('"', begin) - begin).push_back(' ');
  }
  return out;
}

TEST_F(Up, EverySessionLeavesARecordOnStdoutAlsoAtTheEnd) {
  configure("", "127.0.0.0/8", "[controller]\ncdr = \"-\"");
  start();
  for (const auto* id : {"one", "two"}) exchange(SOCK_DGRAM, ng_, offer(id));
  EXPECT_TRUE(http("DELETE", "/v1/calls/one").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(end(), 0);
  const auto lines = child_->output();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2) << lines;
  EXPECT_TRUE(lines.starts_with(R"({"type":"cdr","call_id":"one","from_tag":"a","to_tag":"",)")) << lines;
  EXPECT_NE(lines.find(R"("cause":"deleted")"), std::string::npos) << lines;
  EXPECT_NE(lines.find("}\n{\"type\":\"cdr\",\"call_id\":\"two\","), std::string::npos) << lines;
  EXPECT_NE(lines.find(R"("cause":"shutdown")"), std::string::npos) << lines;
}

TEST_F(Up, SighupOpensTheFileOfRecordsAnew) {
  const auto name = folder_ + "/cdr.jsonl";
  const auto to = [&](const std::string& file) {
    configure("", "127.0.0.0/8", "[controller]\ncdr = \"" + file + "\"");
  };
  to(name);
  start();
  const auto record = [&](const std::string& id) {
    exchange(SOCK_DGRAM, ng_, offer(id));
    EXPECT_TRUE(http("DELETE", "/v1/calls/" + id).starts_with("HTTP/1.1 200 "));
  };
  record("one");
  ASSERT_EQ(::rename(name.c_str(), (name + ".1").c_str()), 0);
  child_->signal(SIGHUP);
  EXPECT_NE(child_->line("event=reloaded"), "");
  record("two");
  to(folder_ + "/no/file");
  child_->signal(SIGHUP);
  EXPECT_NE(child_->line("event=cdr_kept").find("/no/file: cannot be opened"), std::string::npos);
  record("three");
  to("");
  child_->signal(SIGHUP);
  EXPECT_NE(child_->line("event=config_changed key=controller.cdr"), "");
  EXPECT_NE(child_->line("event=reloaded"), "");
  record("four");
  EXPECT_NE(http("GET", "/metrics").find("postern_cdr_lines_total{result=\"failed\"} 0\n"),
            std::string::npos);
  EXPECT_EQ(end(), 0);
  // Which of the two files has the first is the thread's affair.
  EXPECT_EQ(calls_in(name + ".1") + calls_in(name), "one two three ");
  EXPECT_EQ(child_->output(), "");
}

TEST_F(Up, AFileOfRecordsThatCannotBeWrittenIsAUsageError) {
  configure("", "127.0.0.0/8", "[controller]\ncdr = \"" + folder_ + "/no/file\"");
  Child child(arguments(config()));
  const auto line = child.line("postern: ");
  EXPECT_TRUE(line.starts_with("postern: controller.cdr: " + folder_ + "/no/file: cannot be opened")) << line;
  EXPECT_EQ(child.wait(), 2);
}

}  // namespace
}  // namespace app
