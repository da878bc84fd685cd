#include "app/cli.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include "app/version.hpp"

namespace app {
namespace {

class CommandLine : public testing::Test {
 protected:
  int run(const std::vector<std::string>& arguments) {
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* out = open_memstream(&text, &size);
    char* error_text = nullptr;
    std::FILE* err = open_memstream(&error_text, &size);
    const Roles roles{.run =
                          [this](const UpArguments& given) {
                            up_ = given;
                            return 0;
                          },
                      .ue =
                          [this](std::span<const std::string> given) {
                            ue_.emplace(given.begin(), given.end());
                            return 1;
                          },
                      .ctl =
                          [this](std::span<const std::string> given) {
                            ctl_.emplace(given.begin(), given.end());
                            return 1;
                          },
                      .decode =
                          [this](std::span<const std::string> given) {
                            decode_.emplace(given.begin(), given.end());
                            return 1;
                          }};
    const int code = run_command_line(arguments, roles, out, err);
    std::fclose(out);
    std::fclose(err);
    out_ = text;
    err_ = error_text;
    std::free(text);
    std::free(error_text);
    return code;
  }
  void expect_usage_error(const std::vector<std::string>& arguments, const std::string& part) {
    EXPECT_EQ(run(arguments), 2) << part;
    EXPECT_TRUE(err_.starts_with("postern: ")) << err_;
    EXPECT_NE(err_.find(part), std::string::npos) << err_;
    EXPECT_EQ(err_.find('\n'), err_.size() - 1) << err_;
    EXPECT_EQ(out_, "");
    EXPECT_FALSE(up_ || ue_ || ctl_ || decode_);
  }

  std::optional<UpArguments> up_;
  std::optional<std::vector<std::string>> ue_, ctl_, decode_;
  std::string out_, err_;
};

TEST_F(CommandLine, UpTakesItsOptions) {
  EXPECT_EQ(run({"up", "--config", "a.toml", "--keylog", "k", "--log-level", "debug", "--print-config"}), 0);
  ASSERT_TRUE(up_);
  EXPECT_EQ(up_->config, "a.toml");
  EXPECT_EQ(up_->keylog, "k");
  EXPECT_EQ(up_->log_level, base::LogLevel::debug);
  EXPECT_TRUE(up_->print_config);
  EXPECT_EQ(up_->role, Role::all);
  EXPECT_EQ(run({"up"}), 0);
  EXPECT_EQ(up_->config, "");
  EXPECT_FALSE(up_->print_config);
  EXPECT_FALSE(up_->log_level);
}

TEST_F(CommandLine, TheRolesTakeTheSameOptionsAsFarAsTheyHaveThem) {
  EXPECT_EQ(run({"gateway", "--config", "a.toml", "--keylog", "k", "--log-level", "debug"}), 0);
  ASSERT_TRUE(up_);
  EXPECT_EQ(up_->role, Role::gateway);
  EXPECT_EQ(up_->config, "a.toml");
  EXPECT_EQ(up_->keylog, "k");
  EXPECT_EQ(run({"controller", "--print-config"}), 0);
  EXPECT_EQ(up_->role, Role::controller);
  EXPECT_TRUE(up_->print_config);
  up_.reset();
  expect_usage_error({"controller", "--keylog", "k"}, "postern controller --help");
  EXPECT_EQ(run({"gateway", "--help"}), 0);
  EXPECT_NE(out_.find("--keylog FILE"), std::string::npos) << out_;
  EXPECT_FALSE(up_);
}

TEST_F(CommandLine, TheUeCtlAndDecodeReadTheirOwnArguments) {
  EXPECT_EQ(run({"ue", "send", "--help", "--version", "--", "x"}), 1);
  EXPECT_EQ(ue_, (std::vector<std::string>{"send", "--help", "--version", "--", "x"}));
  EXPECT_EQ(run({"ctl", "--help", "list"}), 1);
  EXPECT_EQ(ctl_, (std::vector<std::string>{"--help", "list"}));
  EXPECT_EQ(run({"decode", "h248", "-"}), 1);
  EXPECT_EQ(decode_, (std::vector<std::string>{"h248", "-"}));
}

TEST_F(CommandLine, HelpIsEverywhereAndNamesOnlyWhatThereIs) {
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_NE(out_.find("up"), std::string::npos);
  EXPECT_NE(out_.find("ue"), std::string::npos);
  for (const auto* command : {"ctl", "gateway", "controller", "decode"})
    EXPECT_NE(out_.find(command), std::string::npos) << command;
  for (const auto* later : {"kms", "bench"}) EXPECT_EQ(out_.find(later), std::string::npos) << later;
  EXPECT_EQ(run({"up", "--help"}), 0);
  for (const auto* option : {"--config FILE", "--print-config", "--keylog FILE", "--log-level LEVEL"})
    EXPECT_NE(out_.find(option), std::string::npos) << out_;
  EXPECT_FALSE(up_);
  EXPECT_EQ(err_, "");
}

TEST_F(CommandLine, SaysItsVersion) {
  EXPECT_EQ(run({"--version"}), 0);
  EXPECT_EQ(out_, "postern " + std::string(version) + "\n");
}

TEST_F(CommandLine, BadUsageIsOneLine) {
  expect_usage_error({}, "postern --help");
  expect_usage_error({"upp"}, "unknown command 'upp'");
  expect_usage_error({"--surprise"}, "--surprise");
  expect_usage_error({""}, "unknown command ''");
  expect_usage_error({"up", "--surprise"}, "--surprise");
  expect_usage_error({"up", "--config"}, "--config");
  expect_usage_error({"up", "extra"}, "extra");
  expect_usage_error({"up", "--log-level", "loud\nx"},
                     "expected debug, info, warning or error, not 'loud\\x0ax'");
}

TEST_F(CommandLine, RolesOfLaterVersionsAreSaidToBeMissing) {
  for (const auto* role : {"kms", "bench"})
    expect_usage_error({role, "--help"}, "'" + std::string(role) + "' is not part of version");
}

TEST(Version, IsTheProjects) {
  std::FILE* file = std::fopen(POSTERN_SOURCE_DIR "/CMakeLists.txt", "r");
  ASSERT_NE(file, nullptr);
  char text[4096];
  const std::string_view cmake(text, std::fread(text, 1, sizeof text, file));
  std::fclose(file);
  EXPECT_NE(cmake.find("project(postern VERSION " + std::string(version) + " "), std::string::npos);
}

}  // namespace
}  // namespace app
