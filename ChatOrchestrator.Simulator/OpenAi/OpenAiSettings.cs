namespace ChatOrchestrator.Simulator.OpenAi;

/// <summary>Bound from <c>Simulator:OpenAi</c> and changed at run time with <c>PUT /simulator/openai/settings</c>.</summary>
internal sealed record OpenAiSettings
{
    /// <summary>Require this key as <c>Authorization: Bearer …</c>; <c>*</c> takes any key; absent: no key is needed.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Prompt tokens that fit; 0 is no limit.</summary>
    public int ContextTokens { get; init; }

    /// <summary>Milliseconds before the first byte of an answer.</summary>
    public int LatencyMs { get; init; }

    /// <summary>Milliseconds between the chunks of a stream.</summary>
    public int ChunkDelayMs { get; init; } = 10;

    /// <summary>Characters in one chunk, at least; chunks end at a space.</summary>
    public int ChunkChars { get; init; } = 12;

    public bool IsValid => ContextTokens >= 0 && LatencyMs >= 0 && ChunkDelayMs >= 0 && ChunkChars > 0;
}

/// <summary>Changes of <see cref="OpenAiSettings"/>; absent members stay as they are, an empty key means none.</summary>
internal sealed record OpenAiSettingsChange
{
    public string? ApiKey { get; init; }

    public int? ContextTokens { get; init; }

    public int? LatencyMs { get; init; }

    public int? ChunkDelayMs { get; init; }

    public int? ChunkChars { get; init; }

    public OpenAiSettings ApplyTo(OpenAiSettings settings) => settings with
    {
        ApiKey = ApiKey is null ? settings.ApiKey : ApiKey.Length == 0 ? null : ApiKey,
        ContextTokens = ContextTokens ?? settings.ContextTokens,
        LatencyMs = LatencyMs ?? settings.LatencyMs,
        ChunkDelayMs = ChunkDelayMs ?? settings.ChunkDelayMs,
        ChunkChars = ChunkChars ?? settings.ChunkChars,
    };
}
