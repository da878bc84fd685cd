// What deploy/ ships is read by the program, or by systemd, before a user does it.
#include <cstdlib>
#include <unistd.h>

#include <gtest/gtest.h>

#include "app/config.hpp"

namespace app {
namespace {

const std::string folder = POSTERN_SOURCE_DIR "/deploy/systemd/";

std::string content(const std::string& name) {
  std::FILE* in = std::fopen(name.c_str(), "r");
  EXPECT_NE(in, nullptr) << name;
  if (in == nullptr) return "";
  char text[16384];
  const std::string out(text, std::fread(text, 1, sizeof text, in));
  std::fclose(in);
  return out;
}

TEST(Deploy, TheExampleConfigurationIsGoodAndAllOfItHasAnEffect) {
  const auto config = load_config(folder + "postern.toml");
  ASSERT_TRUE(config) << config.error().reason;
  EXPECT_TRUE(without_effect(*config).empty());
  EXPECT_EQ(*config, Config{});  // the example explains the defaults, it does not change them
}

TEST(Deploy, TheUnitHoldsWhatIsPromised) {
  const auto unit = content(folder + "postern.service");
  for (const auto* line :
       {"Type=notify", "DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict",
        "MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service", "LimitNOFILE=150000",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "ExecReload=/bin/kill -HUP $MAINPID"})
    EXPECT_NE(unit.find("\n" + std::string(line) + "\n"), std::string::npos) << line;
}

/// With a program that is there in place of ours. Where systemd is not installed the test above has to do.
TEST(Deploy, SystemdUnderstandsTheUnit) {
  if (::access("/usr/bin/systemd-analyze", X_OK) != 0) return;
  auto unit = content(folder + "postern.service");
  const std::string program = "/usr/bin/postern ";
  const auto at = unit.find(program);
  ASSERT_NE(at, std::string::npos);
  unit.replace(at, program.size(), "/bin/true ");
  char pattern[] = "/tmp/postern-unit-XXXXXX";
  const std::string copy = std::string(::mkdtemp(pattern)) + "/postern.service";
  std::FILE* out = std::fopen(copy.c_str(), "w");
  ASSERT_NE(out, nullptr);
  std::fwrite(unit.data(), 1, unit.size(), out);
  std::fclose(out);
  const auto command = "out=$(/usr/bin/systemd-analyze verify --man=no " + copy +
                       " 2>&1) && test -z \"$out\" || { echo \"$out\"; false; }";
  EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
  ::unlink(copy.c_str());
  ::rmdir(pattern);
}

}  // namespace
}  // namespace app
