using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.RegularExpressions;
using ChatOrchestrator.Application;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ChatOrchestrator.Infrastructure.Settings;

/// <summary>Something that is wrong with a setting.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Line">A line that begins with the key; no secret is in it.</param>
public sealed record ConfigurationProblem(string Key, string Line);

/// <summary>
/// Finds everything that is wrong with the settings of a process that is put together but not started: the type and the rules
/// of each key on its own, then what the options' validators say, then the rules of settings that no options class holds.
/// </summary>
public sealed partial class ConfigurationCheck(IServiceProvider services, IConfiguration configuration, SettingsCatalogue catalogue)
{
    public IReadOnlyList<ConfigurationProblem> FindProblems()
    {
        List<ConfigurationProblem> problems = [];
        var wrong = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in configuration.AsEnumerable())
        {
            if (value is not null && catalogue.Find(key) is { Path.Count: > 0 } setting && Complain(setting, key, value) is { } complaint)
            {
                wrong.Add(key);
                problems.Add(complaint);
            }
        }
        // With what is wrong left out, the rest is what the validators would see.
        var rest = new ConfigurationBuilder().AddInMemoryCollection(configuration.AsEnumerable().Where(pair => !wrong.Contains(pair.Key))).Build();
        var validate = GetType().GetMethod(nameof(Validate), BindingFlags.NonPublic | BindingFlags.Instance)!;
        foreach (var options in catalogue.Options)
        {
            problems.AddRange((IEnumerable<ConfigurationProblem>)validate.MakeGenericMethod(options).Invoke(this, [rest])!);
        }
        foreach (var rule in services.GetServices<SettingsRule>())
        {
            try
            {
                rule.Check(services);
            }
            catch (ConfigurationException e)
            {
                problems.Add(new ConfigurationProblem(e.Key, e.Message));
            }
        }
        return [.. problems.DistinctBy(p => p.Line)];
    }

    private static ConfigurationProblem? Complain(Setting setting, string key, string value)
    {
        var shown = setting.IsSecret ? "what is configured" : $"'{value}'";
        if (!setting.TryConvert(value, out var converted))
        {
            return new ConfigurationProblem(key, $"{key}: {shown} is not {setting.Kind}.");
        }
        var broken = setting.Rules.FirstOrDefault(rule => !rule.IsValid(converted));
        return broken is null ? null : new ConfigurationProblem(key, $"{key}: {Say(broken, key)}");
    }

    private static string Say(ValidationAttribute rule, string key) => rule switch
    {
        _ when rule.ErrorMessage is not null => rule.FormatErrorMessage(key),
        RangeAttribute range => FormattableString.Invariant($"it lies between {range.Minimum} and {range.Maximum}."),
        RequiredAttribute => "it is required.",
        MinLengthAttribute least => $"it has at least {least.Length} characters.",
        MaxLengthAttribute most => $"it has at most {most.Length} characters.",
        _ => rule.FormatErrorMessage(key),
    };

    private IEnumerable<ConfigurationProblem> Validate<T>(IConfiguration rest)
        where T : class
    {
        if (services.GetService<IOptionsChangeTokenSource<T>>() is null)
        {
            return [];
        }
        var section = SettingsCatalogue.SectionOf(typeof(T))!;
        var options = Activator.CreateInstance<T>();
        rest.GetSection(section).Bind(options);
        foreach (var change in services.GetServices<IPostConfigureOptions<T>>())
        {
            change.PostConfigure(Options.DefaultName, options);
        }
        var failures = services.GetServices<IValidateOptions<T>>()
            .Where(v => v is not DataAnnotationValidateOptions<T>)
            .Select(v => v.Validate(Options.DefaultName, options)).Where(r => r.Failed).SelectMany(r => r.Failures ?? [])
            .ToList();
        // What is not configured has its default, which may be nothing.
        var unset = from setting in catalogue.Settings
                    where setting.Path.Count == 1 && setting.Path[0].DeclaringType == typeof(T) && rest[setting.Key] is null
                    let broken = setting.Rules.FirstOrDefault(rule => !rule.IsValid(setting.Path[0].GetValue(options)))
                    where broken is not null
                    select $"{setting.Key}: {Say(broken, setting.Key)}";
        failures.AddRange(unset);
        if (options is IValidatableObject itself)
        {
            failures.AddRange(itself.Validate(new ValidationContext(options)).Select(r => r.ErrorMessage ?? section));
        }
        return failures.Select(f => new ConfigurationProblem(KeyOf(f) ?? section, f));
    }

    private static string? KeyOf(string failure) => KeyAtBegin().Match(failure) is { Success: true } match ? match.Value : null;

    [GeneratedRegex(@"^[A-Za-z]\w*(:[\w-]+)+")]
    private static partial Regex KeyAtBegin();
}

/// <summary>A check of settings that no options class holds. All are asked before anything starts, so that every problem is told at once.</summary>
/// <param name="Check">Throws <see cref="ConfigurationException"/>.</param>
public sealed record SettingsRule(Action<IServiceProvider> Check);

public static class SettingsRuleRegistration
{
    /// <param name="check">Throws <see cref="ConfigurationException"/> when a setting is wrong.</param>
    public static IServiceCollection AddSettingsRule(this IServiceCollection services, Action<IServiceProvider> check) => services.AddSingleton(new SettingsRule(check));
}
