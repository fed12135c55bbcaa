using System.Buffers.Binary;
using ChatOrchestrator.Application.Ports;
using ChatOrchestrator.Application.Spending;
using ChatOrchestrator.Tests.Ai;
using ChatOrchestrator.Tests.Simulator;
using Microsoft.Extensions.DependencyInjection;

namespace ChatOrchestrator.Tests.Spending;

public sealed class TranscriptionTests
{
    [Fact]
    public async Task What_the_provider_counts_is_read_seconds_or_tokens()
    {
        await using var simulator = await SimulatorInstance.StartAsync();
        async Task<Transcript> HearAsync(string model)
        {
            await using var host = new AiHost(simulator.Url + "/v1", more: ("Ai:TranscriptionModel", model));
            return await host.Services.GetRequiredService<ITranscribesSpeech>().TranscribeAsync(new Media(new byte[5_000], "audio/ogg"), "voice.ogg", default);
        }

        var (seconds, tokens) = (await HearAsync("whisper-1"), await HearAsync("gpt-4o-mini-transcribe"));

        seconds.Text.ShouldStartWith("This is what was said");
        (seconds.Usage, seconds.Length).ShouldBe((null, TimeSpan.FromSeconds(3)));
        (tokens.Usage, tokens.Length).ShouldBe((new ModelUsage(30, 0, tokens.Text.Length / 4), null));
    }

    [Fact]
    public void A_call_costs_what_its_minutes_and_requests_cost_and_a_fraction_counts_as_one()
    {
        new CallPrice(0.006m, null).NanosOf(1, TimeSpan.FromSeconds(10)).ShouldBe(1_000_000);
        new CallPrice(0.006m, 0.001m).NanosOf(2, TimeSpan.FromTicks(1)).ShouldBe(2_000_001);
        new CallPrice(null, 0.000_000_000_1m).NanosOf(1).ShouldBe(1);
    }

    [Fact]
    public void A_recordings_length_is_in_its_bytes()
    {
        var wave = new byte[44 + 32_000];
        "RIFF"u8.CopyTo(wave);
        "WAVEfmt "u8.CopyTo(wave.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(wave.AsSpan(28), 16_000);
        RecordingLength.Of(new Media(wave, "audio/wav")).ShouldBe(TimeSpan.FromSeconds(2));
        RecordingLength.Of(new Media(new byte[4_000], "audio/mpeg")).ShouldBe(TimeSpan.FromSeconds(2));
        // What is broken off is measured by its size.
        RecordingLength.Of(new Media((byte[])[.. "OggS"u8, .. new byte[1_996]], "audio/ogg")).ShouldBe(TimeSpan.FromSeconds(1));
    }
}
