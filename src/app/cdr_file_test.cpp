#include "app/cdr_file.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "net/fd.hpp"
#include "tests/support/controller_room.hpp"

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10s;  // for what must happen; tests that pass never wait for it

std::string content(const std::string& name) {
  const net::Fd file(::open(name.c_str(), O_RDONLY));
  char text[4096];
  const auto n = ::read(file.get(), text, sizeof text);
  return n < 0 ? "" : std::string(text, static_cast<std::size_t>(n));
}

class CdrFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);  // as up() does
    char pattern[] = "/tmp/postern-cdr-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    name_ = folder_ + "/cdr.jsonl";
  }
  void TearDown() override {
    file_.reset();
    const auto remove = "rm -rf " + folder_;
    EXPECT_EQ(std::system(remove.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
  }
  void open(const std::string& target) {
    auto opened = CdrFile::open(target, log_);
    ASSERT_TRUE(opened) << opened.error();
    file_ = *std::move(opened);
  }
  /// The reading end of a pipe at name_, where nobody reads.
  net::Fd make_pipe() {
    EXPECT_EQ(::mkfifo(name_.c_str(), 0600), 0);
    return net::Fd(::open(name_.c_str(), O_RDONLY | O_NONBLOCK));
  }
  void expect(std::uint64_t written, std::uint64_t failed, std::uint64_t dropped) const {
    const auto counters = file_->counters();
    EXPECT_EQ(counters.written, written);
    EXPECT_EQ(counters.failed, failed);
    EXPECT_EQ(counters.dropped, dropped);
  }

  test::MemoryLog log_;
  std::string folder_, name_;
  std::unique_ptr<CdrFile> file_;
};

TEST_F(CdrFileTest, IsAppendedToLineByLine) {
  for (const auto* line : {"one", "two"}) {
    open(name_);
    file_->put(line);
    file_->put("more");
    EXPECT_EQ(file_->flush(patience), 0U);
    expect(2, 0, 0);
  }
  EXPECT_EQ(content(name_), "one\nmore\ntwo\nmore\n");
  struct stat about{};
  ASSERT_EQ(::stat(name_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0137U, 0U) << "others may not read who talks with whom";
  EXPECT_TRUE(log_.lines.empty());
}

TEST_F(CdrFileTest, IsOpenedAnewWhereItWasRenamed) {
  open(name_);
  file_->put("before");
  EXPECT_EQ(file_->flush(patience), 0U);
  const auto old = name_ + ".1";
  ASSERT_EQ(::rename(name_.c_str(), old.c_str()), 0);
  file_->put("between");
  EXPECT_EQ(file_->flush(patience), 0U);
  EXPECT_TRUE(file_->reopen(name_));
  file_->put("after");
  EXPECT_EQ(file_->flush(patience), 0U);
  EXPECT_EQ(content(old), "before\nbetween\n");
  EXPECT_EQ(content(name_), "after\n");
}

TEST_F(CdrFileTest, ThatCannotBeOpenedIsNamedAndTheOldOneStays) {
  const auto missing = CdrFile::open(folder_ + "/no/file", log_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), folder_ + "/no/file: cannot be opened: No such file or directory");
  ASSERT_EQ(::mkfifo(name_.c_str(), 0600), 0);
  EXPECT_FALSE(CdrFile::open(name_, log_)) << "a pipe without a reader is not waited for";
  open(folder_ + "/good");
  EXPECT_FALSE(file_->reopen(folder_));
  file_->put("line");
  EXPECT_EQ(file_->flush(patience), 0U);
  EXPECT_EQ(content(folder_ + "/good"), "line\n");
}

TEST_F(CdrFileTest, WithoutANameNothingIsWritten) {
  open("");
  file_->put("line");
  EXPECT_EQ(file_->flush(patience), 0U);
  expect(0, 0, 0);
  EXPECT_TRUE(file_->reopen(name_));
  file_->put("line");
  EXPECT_EQ(file_->flush(patience), 0U);
  EXPECT_TRUE(file_->reopen(""));
  file_->put("line");
  EXPECT_EQ(file_->flush(patience), 0U);
  expect(1, 0, 0);
}

TEST_F(CdrFileTest, AnErrorIsLoggedOnceUntilItIsBetter) {
  open("/dev/full");
  for (int i = 0; i < 3; ++i) file_->put("line");
  EXPECT_EQ(file_->flush(patience), 0U);
  expect(0, 3, 0);
  ASSERT_EQ(log_.lines.size(), 1U);
  EXPECT_EQ(log_.lines[0], "cdr_failed file=/dev/full reason=No space left on device");
  EXPECT_TRUE(file_->reopen(name_));
  file_->put("line");
  EXPECT_EQ(file_->flush(patience), 0U);
  EXPECT_TRUE(file_->reopen("/dev/full"));
  file_->put("line");
  EXPECT_EQ(file_->flush(patience), 0U);
  EXPECT_EQ(log_.lines.size(), 2U);
  expect(1, 4, 0);
}

/// The pipe holds 64 KiB: the rest of the first line is lost with its reader.
TEST_F(CdrFileTest, ALineThatWasCutDoesNotSpoilTheNext) {
  auto reader = make_pipe();
  open(name_);
  file_->put(std::string(100'000, 'x'));
  EXPECT_EQ(file_->flush(0s), 1U);
  char text[4096];
  ssize_t n = 0;
  while ((n = ::read(reader.get(), text, sizeof text)) <= 0) {
  }
  reader.reset();
  EXPECT_EQ(file_->flush(patience), 0U);  // EPIPE
  expect(0, 1, 0);
  reader = net::Fd(::open(name_.c_str(), O_RDONLY | O_NONBLOCK));
  std::string left;
  const auto read_all = [&] {
    while ((n = ::read(reader.get(), text, sizeof text)) > 0) left.append(text, static_cast<std::size_t>(n));
  };
  read_all();  // what the pipe still holds
  file_->put("next");
  EXPECT_EQ(file_->flush(patience), 0U);
  read_all();
  EXPECT_TRUE(left.ends_with("x\nnext\n"));
}

TEST_F(CdrFileTest, NobodyWaitsForAReaderThatIsStuck) {
  const auto reader = make_pipe();
  open(name_);
  const std::string line(100'000, 'x');  // more than the pipe takes
  file_->put(line);
  for (std::size_t i = 0; i < CdrFile::max_waiting + 5; ++i) file_->put("line");
  const auto dropped = file_->counters().dropped;
  EXPECT_GE(dropped, 5U);
  EXPECT_LE(dropped, 6U);  // where the thread had not taken the first line yet
  EXPECT_EQ(log_.count("cdr_dropped"), 1U);
  EXPECT_GE(file_->flush(1ms), CdrFile::max_waiting);
  file_.reset();
}

}  // namespace
}  // namespace app
