// The command line of `postern ctl explain`; what it says is explain_test's.
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "app/ctl.hpp"
#include "tests/support/sdp_samples.hpp"

namespace app {
namespace {

class CtlExplain : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/postern-explain-XXXXXX";
    folder_ = mkdtemp(name);
  }
  void TearDown() override { std::system(("rm -r " + folder_).c_str()); }
  std::string file(const std::string& name, const std::string& text) const {
    const auto path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "explain");
    auto *out = std::tmpfile(), *err = std::tmpfile();
    const int code = ctl(arguments, out, err);
    out_ = take(out);
    err_ = take(err);
    return code;
  }
  static std::string take(std::FILE* file) {
    std::string text(static_cast<std::size_t>(std::ftell(file)), ' ');
    std::rewind(file);
    EXPECT_EQ(std::fread(text.data(), 1, text.size(), file), text.size());
    std::fclose(file);
    return text;
  }
  std::string folder_, out_, err_;
};

TEST_F(CtlExplain, ServedIs0RefusedIs1AndNonsenseIs2) {
  const auto offer = file("offer.sdp", test::e2ae_chat().text());
  const auto config = file("postern.toml",
                           "[[realm]]\nname = \"ue\"\n[[realm]]\nname = \"net\"\nports = \"26000-26999\"\n"
                           "e2ae = \"required\"\n");
  EXPECT_EQ(run({offer, "--from", "access", "--to", "core"}), 0);
  EXPECT_NE(out_.find("e2ae requested by the offerer"), std::string::npos) << out_;
  EXPECT_EQ(run({offer, "--config", config, "--json"}), 1);
  EXPECT_NE(out_.find("realm 'net' requires e2ae"), std::string::npos) << out_;
  EXPECT_EQ(run({offer, "--config", config, "--flag", "msrp-e2ae", "--flag", "msrp-setup=passive"}), 0);
  EXPECT_EQ(run({offer, "--answer", file("answer.sdp", test::plain_chat().text())}), 0);
  EXPECT_NE(out_.find("both ends do CEMA"), std::string::npos) << out_;
  EXPECT_EQ(err_, "");
  EXPECT_EQ(run({offer, "--to", "nowhere"}), 2);
  EXPECT_EQ(run({folder_ + "/nothing.sdp"}), 2);
  EXPECT_NE(err_.find("nothing.sdp: cannot be read"), std::string::npos) << err_;
  EXPECT_EQ(run({}), 2);
}

}  // namespace
}  // namespace app
