#include "app/decode.hpp"

#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/capture.hpp"
#include "app/cli.hpp"
#include "app/decode_input.hpp"
#include "base/text.hpp"
#include "iq/explain.hpp"
#include "proto/h248/codec.hpp"

namespace app {
namespace {

/// A capture of some hours; it is held in memory.
constexpr std::size_t max_input = std::size_t{256} << 20;

struct DecodeArguments {
  std::string file;
  bool compact = false;
  bool plain = false;
};

class Decoder {
 public:
  Decoder(DecodeArguments arguments, std::FILE* in, std::FILE* out, std::FILE* err)
      : arguments_(std::move(arguments)), in_(in), out_(out), err_(err) {}

  int run() {
    const auto input = arguments_.file == "-" ? read(in_) : read_file();
    if (!input) return exit_failed;
    const auto found = is_capture(*input) ? find_messages(*input) : split_messages(*input);
    for (const auto& text : found.texts) decode(text);
    for (const auto& complaint : found.complaints) complain(complaint);
    if (found.texts.empty() && found.complaints.empty()) complain("there is no H.248 message in it");
    if (std::fflush(out_) != 0) complain("the messages cannot be written");
    return code_;
  }

 private:
  void complain(const std::string& what) {
    const auto name = arguments_.file == "-" ? std::string("standard input") : arguments_.file;
    std::fprintf(err_, "postern decode: %s: %s\n", base::printable(name, 1000).c_str(),
                 base::printable(what, 1000).c_str());
    code_ = exit_failed;
  }

  std::optional<std::string> read_file() {
    const auto close = [](std::FILE* open) { std::fclose(open); };
    const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(arguments_.file.c_str(), "rbe"));
    if (file) return read(file.get());
    complain("cannot be opened: " + std::generic_category().message(errno));
    return std::nullopt;
  }

  std::optional<std::string> read(std::FILE* file) {
    std::string out;
    char piece[65536];
    for (std::size_t n = 1; n > 0 && out.size() <= max_input;) {
      n = std::fread(piece, 1, sizeof piece, file);
      out.append(piece, n);
    }
    if (std::ferror(file) != 0) {
      complain("cannot be read: " + std::generic_category().message(errno));
      return std::nullopt;
    }
    if (out.size() <= max_input) return out;
    complain("it is larger than 256 MiB");
    return std::nullopt;
  }

  void decode(const FoundText& found) {
    const auto message = h248::parse(found.text);
    if (!message) {
      auto error = message.error();
      if (error.line == 1) error.column += found.column - 1;
      error.line += found.line - 1;
      return complain(found.place + h248::to_string(error));
    }
    std::string text = std::exchange(first_, false) ? "" : "\n";
    if (!found.heading.empty() && !arguments_.plain) text.append("; ").append(found.heading).append("\n");
    const h248::PrintOptions form{arguments_.compact ? h248::Form::compact : h248::Form::pretty};
    const bool explained = !arguments_.compact && !arguments_.plain;
    text.append(explained ? iq::explain(*message) : h248::print(*message, form)).append("\n");
    if (std::fwrite(text.data(), 1, text.size(), out_) != text.size())
      complain("the messages cannot be written");
  }

  const DecodeArguments arguments_;
  std::FILE* in_;
  std::FILE* out_;
  std::FILE* err_;
  bool first_ = true;
  int code_ = exit_good;
};

CLI::App* add_h248(CLI::App& root, DecodeArguments& into) {
  auto* app =
      root.add_subcommand("h248", "H.248 messages in text encoding, from a text, pcap or pcapng file");
  app->add_option("FILE", into.file, "the file; - is standard input")->required()->type_name("");
  app->add_flag("--compact", into.compact, "as short as the grammar allows; no explanations");
  app->add_flag("--plain", into.plain, "without explanations");
  return app;
}

}  // namespace

int decode(std::span<const std::string> arguments, std::FILE* in, std::FILE* out, std::FILE* err) {
  CLI::App root("shows what protocol messages say", "postern decode");
  root.require_subcommand(1);
  DecodeArguments given;
  const auto* h248 = add_h248(root, given);
  const auto fail = [&](const std::string& text) {
    std::fprintf(err, "postern decode: %s (see postern decode --help)\n", base::printable(text, 400).c_str());
    return exit_usage;
  };
  try {
    root.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    std::fputs((h248->parsed() ? h248->help("postern decode") : root.help()).c_str(), out);
    return exit_good;
  } catch (const CLI::Error& error) {
    return fail(error.what());
  }
  return Decoder(given, in, out, err).run();
}

}  // namespace app
