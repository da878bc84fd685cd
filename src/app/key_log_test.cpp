#include "app/key_log.hpp"

#include <cstdio>
#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace app {
namespace {

class KeyLogTest : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/postern-keylog-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    file_ = folder_ + "/keys";
  }
  void TearDown() override {
    ::unlink(file_.c_str());
    ::rmdir(folder_.c_str());
  }
  std::string content() const {
    std::FILE* in = std::fopen(file_.c_str(), "r");
    char text[256];
    const std::string out(text, std::fread(text, 1, sizeof text, in));
    std::fclose(in);
    return out;
  }
  std::string folder_, file_;
};

TEST_F(KeyLogTest, IsForItsOwnerOnlyAndAppendsLines) {
  for (const auto* line : {"CLIENT_RANDOM a b", "CLIENT_RANDOM c d"}) {
    const auto log = KeyLog::open(file_);
    ASSERT_TRUE(log) << log.error();
    (*log)->write(line);
  }
  EXPECT_EQ(content(), "CLIENT_RANDOM a b\nCLIENT_RANDOM c d\n");
  struct stat about{};
  ASSERT_EQ(::stat(file_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

TEST_F(KeyLogTest, AFileThatOthersMayReadIsClosedToThem) {
  std::fclose(std::fopen(file_.c_str(), "w"));
  ASSERT_EQ(::chmod(file_.c_str(), 0644), 0);
  ASSERT_TRUE(KeyLog::open(file_));
  struct stat about{};
  ASSERT_EQ(::stat(file_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

TEST_F(KeyLogTest, AFileThatCannotBeOpenedIsNamed) {
  const auto log = KeyLog::open(folder_ + "/no/such");
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error(), folder_ + "/no/such: cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace app
