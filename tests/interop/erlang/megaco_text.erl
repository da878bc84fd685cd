%% Erlang's megaco codec as a service: `decode SCANNER FORM` answers "ok\n" and the message encoded again, or "error\n" and
%% why; `time SCANNER FORM ROUNDS` does so that many times and answers the milliseconds of processor time.
-module(megaco_text).
-export([start/1, encoder/1, scanner/1]).

start(Arguments) ->
    Socket = port_link:open(Arguments),
    port_link:serve(Socket, fun(Words, Octets) -> port_link:send(Socket, answer(Words, Octets)) end).

encoder("pretty") -> megaco_pretty_text_encoder;
encoder("compact") -> megaco_compact_text_encoder.

%% The flex scanner is a port driver in C, the plain one is Erlang. The process that first asks for the driver keeps it.
scanner("plain") -> [];
scanner("flex") ->
    case persistent_term:get(?MODULE, none) of
        none ->
            {ok, Scanner} = megaco_flex_scanner:start(),
            persistent_term:put(?MODULE, Scanner),
            [{flex, Scanner}];
        Scanner -> [{flex, Scanner}]
    end.

answer(["decode", Scanner, Form], Octets) ->
    try again(scanner(Scanner), encoder(Form), Octets) of
        {ok, Encoded} -> [<<"ok\n">>, Encoded];
        {error, Why} -> io_lib:format("error\n~tp", [Why])
    catch
        Class:Why -> io_lib:format("error\n~tp ~tp", [Class, Why])
    end;
answer(["time", Scanner, Form, Rounds], Octets) ->
    {ok, _} = again(scanner(Scanner), encoder(Form), Octets),
    erlang:statistics(runtime),
    ok = repeat(list_to_integer(Rounds), scanner(Scanner), encoder(Form), Octets),
    {_, Millis} = erlang:statistics(runtime),
    integer_to_list(Millis).

again(Config, Encoder, Octets) ->
    case Encoder:decode_message(Config, dynamic, Octets) of
        {ok, {'MegacoMessage', _, {'Message', Version, _, _}} = Message} -> Encoder:encode_message(Config, Version, Message);
        Error -> Error
    end.

repeat(0, _, _, _) -> ok;
repeat(Count, Config, Encoder, Octets) ->
    {ok, _} = again(Config, Encoder, Octets),
    repeat(Count - 1, Config, Encoder, Octets).
